"""The vendor's report on a finished call."""

from __future__ import annotations

from webapp.domain.clock import Clock
from webapp.domain.post_call import PostCall, PostCallResult
from webapp.log import get_logger
from webapp.store.post_calls import PostCallRepository

_log = get_logger(__name__)


class TakePostCall:
    def __init__(self, repository: PostCallRepository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock

    def __call__(self, site: str, report: PostCall) -> PostCallResult:
        """Store the report with the call it is about. Raises StoreUnavailable."""
        result, call_id = self._repository.take(site, report, self._clock())
        _log.info("post-call", call=call_id, site=site, seconds=report.seconds, result=str(result))
        return result
