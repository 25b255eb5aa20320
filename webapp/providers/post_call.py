"""DialogTech's Post-Call Action: wire format only.

The vendor sends a GET request to us after each call. The operator chooses its parameters in the vendor's
console; docs/webhooks.md lists the names that are read here. The values of `result` are undocumented:
only those seen by a public client are recognised.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from webapp.domain.phone.number import PhoneError
from webapp.domain.phone.reading import parse_phone
from webapp.domain.post_call import PostCall

MAX_SECONDS = 86_400
_BUSY = frozenset({"busy", "phone busy", "no answer", "noanswer"})


def read_post_call(fields: Mapping[str, str], region: str) -> PostCall | None:
    """The report; None if the number or the duration is invalid. `region` is the site's."""
    phones = _phones(fields.get("phone", ""), region)
    seconds = fields.get("seconds", "").strip()
    if not phones or not re.fullmatch(r"[0-9]{1,5}", seconds) or int(seconds) > MAX_SECONDS:
        return None
    vendor_id = fields.get("call", "").strip()
    result = fields.get("result", "").strip(" .").lower()
    return PostCall(
        phones=phones,
        seconds=int(seconds),
        # Hashed: it may have any length, and may contain the number.
        reference=hashlib.sha256(vendor_id.encode()).hexdigest() if vendor_id else "",
        busy=result in _BUSY and int(seconds) == 0,
    )


def _phones(text: str, region: str) -> frozenset[str]:
    """The numbers that the text may mean: as `vendor_number` writes them, or in the site's region."""
    found: set[str] = set()
    if len(text) > 40:
        return frozenset()
    digits = re.sub(r"\D", "", text)
    for spelling, where in ((f"+{digits}", "ZZ"), (digits, "US"), (text, region)):
        try:
            found.add(parse_phone(spelling, where).e164)
        except PhoneError as error:
            found.update(error.choices)
    return frozenset(found)
