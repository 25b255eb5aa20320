"""Makes calls as a test needs them: of any age, in any state."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from webapp.domain.calls import WINDOW, Call, CallStatus, Visit, new_call_id
from webapp.domain.clock import utc_now


def a_call(
    phone: str = "+12025550100",
    *,
    status: CallStatus = CallStatus.QUEUED,
    at: datetime | None = None,
    site: str = "acme",
    visit: Visit | None = None,
    reason: str = "",
    request_id: str = "",
    window: timedelta = WINDOW,
) -> Call:
    """A call in `status`, created `at` that time or now. It has a request_id of its own unless one is
    given."""
    created_at = at or utc_now()
    return Call(
        id=new_call_id(),
        site=site,
        receptionist="sales",
        menu_id="55443322",
        phone=phone,
        request_id=request_id or str(uuid.uuid4()),
        status=status,
        created_at=created_at,
        due_at=created_at,
        expires_at=created_at + window,
        visit=visit or Visit(),
        reason=reason,
    )
