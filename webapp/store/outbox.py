"""The outbox: messages to owners, written in the same transaction as the change they report.

A claim only moves a message's `due_at` ahead, so that it is due again if its sender dies. So delivery is
at least once, and the receiver recognises a duplicate by its id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from webapp.domain.calls import Call, CallStatus
from webapp.domain.hooks import HookEvent, Hooks, Message, MessageState, new_message_id
from webapp.log import get_logger
from webapp.store.engine import Database
from webapp.store.rows import call_of, message_of
from webapp.store.tables import calls, hook_messages, hooks_gone, sites

_log = get_logger(__name__)

_OUTCOME_LENGTH = 64
ON_ITS_WAY = "on_its_way"

# Built once, as it runs on every change of a call.
_HOOKS = sites.c.config["hooks"]
_SITES_OF_CALLS = (
    select(calls.c.id, calls.c.site, _HOOKS.label("hooks"))
    .join(sites, sites.c.key == calls.c.site)
    .where(
        calls.c.id.in_(bindparam("call_ids", expanding=True)),
        _HOOKS["url"].as_string().is_not(None),
    )
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message to be sent now. `hooks` are its site's current settings, if any."""

    message: Message
    call: Call
    hooks: Hooks | None
    gone: bool
    """Whether the receiver has answered 410 at this URL."""


@dataclass(frozen=True, slots=True)
class News:
    """A change of a call: `event` is its name for owners, `status` the internal one."""

    call_id: str
    event: HookEvent
    status: CallStatus
    at: datetime
    reason: str = ""
    talk_seconds: int | None = None


def enqueue(connection: Connection, news: Collection[News]) -> None:
    """Store messages for the sites that subscribe to them, within the caller's transaction."""
    parameters = {"call_ids": [item.call_id for item in news]}
    sites = {row.id: row for row in connection.execute(_SITES_OF_CALLS, parameters)}
    rows = [
        _values(item, sites[item.call_id].site)
        for item in news
        if item.call_id in sites and _wants(sites[item.call_id], item.event)
    ]
    if rows:
        connection.execute(insert(hook_messages), rows)


def _wants(site: Row[Any, Any, Any], event: HookEvent) -> bool:
    """True if the hooks cannot be read: the message is kept and can be replayed later."""
    hooks = _hooks_of(site.site, site.hooks)
    return hooks is None or hooks.wants(event)


def _hooks_of(site: str, stored: object) -> Hooks | None:
    """None if they are invalid, as a newer Callme or a manual edit wrote them. One site's fault must not
    keep calls from being settled or other owners from being notified."""
    try:
        return Hooks.model_validate(stored)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        _log.error("the stored hooks of a site cannot be read", site=site, wrong=wrong)
        return None


def _values(news: News, site: str) -> dict[str, object]:
    return {
        **asdict(news),
        "id": new_message_id(),
        "site": site,
        "state": MessageState.PENDING,
        "attempt": 0,
        "due_at": news.at,
        "outcome": "",
    }


class OutboxRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self, now: datetime, lease: timedelta, passed_over: Collection[str]
    ) -> Claimed | None:
        """Claim the longest-due message, except those of the sites `passed_over`. No other sender takes
        it during `lease`. None if no message is due."""
        is_due = (
            hook_messages.c.state == MessageState.PENDING,
            hook_messages.c.due_at <= now,
            hook_messages.c.site.not_in(list(passed_over)),
        )
        with self._database.read() as connection:  # usually nothing is due: avoids the write lock
            if (
                connection.execute(select(hook_messages.c.id).where(*is_due).limit(1)).first()
                is None
            ):
                return None
        due = (
            select(hook_messages.c.id)
            .where(*is_due)
            .order_by(hook_messages.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        with self._database.write() as connection:
            row = connection.execute(
                update(hook_messages)
                .where(hook_messages.c.id.in_(select(due.c.id)))
                .values(
                    due_at=now + lease,
                    attempt=hook_messages.c.attempt + 1,
                    outcome=ON_ITS_WAY,
                )
                .returning(hook_messages)
            ).one_or_none()
            return _claimed(connection, row) if row else None

    def delivered(self, message: Message, outcome: str) -> None:
        self._end(message, {"state": MessageState.DELIVERED, "outcome": outcome})

    def give_up(self, message: Message, outcome: str) -> None:
        """Make no further attempt, unless it is replayed."""
        self._end(message, {"state": MessageState.FAILED, "outcome": outcome})

    def put_off(self, message: Message, due_at: datetime, outcome: str) -> None:
        self._end(message, {"due_at": due_at, "outcome": outcome})

    def _end(self, message: Message, values: Mapping[str, Any]) -> None:
        """Does nothing if this attempt took too long and the message was claimed again."""
        short = {**values, "outcome": values["outcome"][:_OUTCOME_LENGTH]}
        with self._database.write() as connection:
            connection.execute(
                update(hook_messages)
                .where(
                    hook_messages.c.id == message.id,
                    hook_messages.c.attempt == message.attempt,
                    hook_messages.c.state == MessageState.PENDING,
                )
                .values(short)
            )

    def mark_gone(self, site: str, url: str, now: datetime) -> None:
        """Send no more to this URL until messages are replayed or the site's URL changes."""
        with self._database.write() as connection:
            row = self._database.upsert(hooks_gone).values(site=site, url=url, since=now)
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=[hooks_gone.c.site], set_={"url": url, "since": now}
                )
            )


def _claimed(connection: Connection, row: Row[Any]) -> Claimed:
    message = message_of(row)
    call = connection.execute(select(calls).where(calls.c.id == message.call_id)).one()
    config = connection.scalar(select(sites.c.config).where(sites.c.key == message.site)) or {}
    hooks = _hooks_of(message.site, config.get("hooks") or {})
    if hooks is None or not hooks.url:
        return Claimed(message, call_of(call), None, gone=False)
    gone_at = connection.scalar(select(hooks_gone.c.url).where(hooks_gone.c.site == message.site))
    return Claimed(message, call_of(call), hooks, gone=gone_at == hooks.url)
