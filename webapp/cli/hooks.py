"""`callme hooks`: lists the messages to owners' systems and sends them again."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from webapp.cli.database import ready_database
from webapp.domain.clock import utc_now
from webapp.domain.hooks import Message, MessageState
from webapp.services.operator.deliveries import Deliveries
from webapp.services.operator.sites import SiteAdministration
from webapp.settings import load_settings

since_option = click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="Of what happened from that time on (UTC).",
)


@click.group()
def hooks() -> None:
    """Messages to the owners' own systems. docs/webhooks.md describes them."""


@hooks.command("list")
@click.argument("site", required=False)
@since_option
@click.option("--state", type=click.Choice([state.value for state in MessageState]))
@click.option("--most", "limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
def list_messages(site: str | None, since: datetime | None, state: str | None, limit: int) -> None:
    """The newest messages, one line each: the time of the event (UTC), the message's id, the site, the
    event, the call's id, the state, how often it was sent, and the outcome of the last attempt."""
    wanted = MessageState(state) if state else None
    for message in _deliveries(site).newest(site, _utc(since), wanted, limit):
        click.echo(_line(message))


@hooks.command()
@click.argument("site", required=False)
@since_option
@click.option("--id", "message_id", help="This message only, in whatever state.")
@click.option("--delivered", is_flag=True, help="Also what was delivered: to fill a gap.")
def replay(
    site: str | None, since: datetime | None, message_id: str | None, delivered: bool
) -> None:
    """Send messages that were given up (those of SITE, or of all sites) again, under their old ids.

    By the id a receiver recognises what it has had before. A dispatcher must be running.
    """
    deliveries = _deliveries(site)
    count = 1
    if message_id:
        deliveries.replay_message(message_id)
    else:
        count = deliveries.replay(site, _utc(since), delivered=delivered)
    click.echo(f"{count} to be sent again")


def _line(message: Message) -> str:
    next_try = (
        f"next {message.due_at:%Y-%m-%d %H:%M:%S}" if message.state is MessageState.PENDING else ""
    )
    columns = (
        f"{message.at:%Y-%m-%d %H:%M:%S}",
        *(message.id, message.site, message.event, message.call_id, message.state),
        *(str(message.attempt), message.outcome or "-", next_try),
    )
    return "\t".join(columns).rstrip()


def _utc(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when else None


def _deliveries(site: str | None) -> Deliveries:
    database = ready_database(load_settings())
    if site is not None:
        SiteAdministration(database, utc_now).require(site)
    return Deliveries(database, utc_now)
