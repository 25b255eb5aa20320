"""The operator's search for webhook messages, and their replay."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from webapp.domain.hooks import Message, MessageState
from webapp.store.engine import Database
from webapp.store.rows import message_of
from webapp.store.tables import hook_messages, hooks_gone


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Selects messages that match all fields; None matches any value."""

    site: str | None = None
    since: datetime | None = None
    id: str | None = None
    call_id: str | None = None
    states: Collection[MessageState] = tuple(MessageState)


class MessageSearch:
    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, wanted: MessageFilter, limit: int) -> list[Message]:
        """The newest `limit` matching messages, oldest first."""
        query = (
            select(hook_messages)
            .where(*_conditions(wanted))
            .order_by(hook_messages.c.at.desc(), hook_messages.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [message_of(row) for row in reversed(connection.execute(query).all())]

    def replay(self, wanted: MessageFilter, now: datetime) -> int:
        """Queue the matching messages again under their old ids, with attempts reset. Returns how many
        there are."""
        conditions = _conditions(wanted)
        with self._database.write() as connection:
            theirs = select(hook_messages.c.site).where(*conditions)
            connection.execute(delete(hooks_gone).where(hooks_gone.c.site.in_(theirs)))
            return connection.execute(
                update(hook_messages)
                .where(*conditions)
                .values(state=MessageState.PENDING, attempt=0, due_at=now, outcome="replayed")
            ).rowcount


def _conditions(wanted: MessageFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [hook_messages.c.state.in_(list(wanted.states))]
    if wanted.site is not None:
        conditions.append(hook_messages.c.site == wanted.site)
    if wanted.call_id is not None:
        conditions.append(hook_messages.c.call_id == wanted.call_id)
    if wanted.since is not None:
        conditions.append(hook_messages.c.at >= wanted.since)
    if wanted.id is not None:
        conditions.append(hook_messages.c.id == wanted.id)
    return conditions
