"""A visitor is an address. For IPv6 it is the /64, as a home has a whole one."""

from __future__ import annotations

import pytest

from webapp.domain.addresses import address_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param("192.0.2.7", "192.0.2.7", id="IPv4"),
        pytest.param(" 192.0.2.7 ", "192.0.2.7", id="blanks around"),
        pytest.param("192.0.2.7:51234", "192.0.2.7", id="IPv4 with port"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="IPv6"),
        pytest.param("2001:DB8:1:2::ffff", "2001:db8:1:2::/64", id="the same /64"),
        pytest.param("2001:db8:1:3::1", "2001:db8:1:3::/64", id="the next /64"),
        pytest.param("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64", id="IPv6 with port"),
        pytest.param("[2001:db8:1:2::9]", "2001:db8:1:2::/64", id="in brackets"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="with a zone"),
        pytest.param("::ffff:192.0.2.7", "192.0.2.7", id="IPv4 in IPv6"),
        pytest.param("[::ffff:192.0.2.7]:51234", "192.0.2.7", id="the same with port"),
        pytest.param("::1", "::/64", id="loopback"),
        pytest.param("", None, id="nothing"),
        pytest.param("unknown", None, id="a word"),
        pytest.param("_hidden", None, id="an obfuscated name"),
        pytest.param("192.0.2.256", None, id="no octet"),
        pytest.param("192.0.2", None, id="three octets"),
        pytest.param("0192.0.2.7", None, id="a leading zero"),
        pytest.param("3221225991", None, id="a number"),
        pytest.param("１９２.0.2.7", None, id="full-width digits"),
        pytest.param("192.0.2.7, 10.0.0.1", None, id="two addresses"),
        pytest.param("[2001:db8::1", "2001:db8::/64", id="half a bracket"),
    ],
)
def test_an_address_has_one_key_however_it_is_written(text: str, key: str | None) -> None:
    assert address_key(text) == key
