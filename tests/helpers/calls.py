"""Makes calls as a test needs them: of any age, in any state."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from webapp.domain.calls import WINDOW, Call, CallStatus, Plan, Visit, new_call_id
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
    due_at: datetime | None = None,
    wall_time: str = "",
    timezone: str = "",
) -> Call:
    """A call in `status`, created `at` that time or now. It has a request_id of its own unless one is
    given. With `due_at` it is planned for then."""
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
        due_at=due_at or created_at,
        expires_at=(due_at or created_at) + window,
        plan=Plan(due_at, wall_time) if due_at else None,
        visit=visit or Visit(),
        reason=reason,
        timezone=timezone,
    )
