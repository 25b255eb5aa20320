"""DialogTech's Post-Call Action: wire format only.

The vendor requests an address of ours by GET once a call is over. The operator chooses its parameters
in the vendor's console; docs/webhooks.md lists the names that are read here. Which words a result may
hold is inferred: only those that a public client has seen are read.
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
        # Hashed: it may be of any length, and may be made of the number.
        reference=hashlib.sha256(vendor_id.encode()).hexdigest() if vendor_id else "",
        busy=result in _BUSY and int(seconds) == 0,
    )


def _phones(text: str, region: str) -> frozenset[str]:
    """The vendor's digits, sent as `vendor_number` wrote them or as the site's country does."""
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
