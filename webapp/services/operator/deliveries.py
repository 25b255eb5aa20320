"""Lists the webhooks sent to owners' systems and sends them again."""

from __future__ import annotations

from datetime import datetime

from webapp.domain.clock import Clock
from webapp.domain.hooks import Message, MessageState
from webapp.errors import ConfigurationError
from webapp.store.engine import Database
from webapp.store.message_search import MessageFilter, MessageSearch


class Deliveries:
    """Each method raises StoreUnavailable if the database cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._messages = MessageSearch(database)
        self._clock = clock

    def newest(
        self, site: str | None, since: datetime | None, state: MessageState | None, limit: int
    ) -> list[Message]:
        """The newest `limit` matching messages, oldest first; None matches all."""
        states = [state] if state else list(MessageState)
        return self._messages.find(MessageFilter(site, since, states=states), limit)

    def replay(self, site: str | None, since: datetime | None, *, delivered: bool) -> int:
        """Queue failed messages again under their old ids; with `delivered`, also the delivered ones.
        Returns how many there are."""
        states = [MessageState.FAILED, *([MessageState.DELIVERED] if delivered else ())]
        return self._messages.replay(MessageFilter(site, since, states=states), self._clock())

    def replay_message(self, message_id: str) -> None:
        """The same for one message in any state. Raises ConfigurationError if there is none."""
        if not self._messages.replay(MessageFilter(id=message_id), self._clock()):
            raise ConfigurationError(["there is no message with that id"])
