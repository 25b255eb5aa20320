"""`callme calls`: looking up calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import click

from webapp.cli.database import ready_database
from webapp.domain.calls import Call, CallStatus
from webapp.domain.clock import utc_now
from webapp.domain.consent import Evidence
from webapp.domain.masking import mask_phone
from webapp.domain.suppression import Fingerprint
from webapp.errors import ConfigurationError
from webapp.services.operator.calls import CallLookup, CallRecord
from webapp.services.operator.numbers import full_number
from webapp.services.operator.promises import list_broken
from webapp.services.operator.sites import SiteAdministration
from webapp.settings import load_settings
from webapp.store.call_search import CallFilter

_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_UNKNOWN = "nothing is on record of a call with that id"


@click.group()
def calls() -> None:
    """Looking up calls."""


@calls.command("list")
@click.argument("site", required=False)
@click.option("--number", help="Calls to this number, with its country code.")
@click.option("--status", type=click.Choice([status.value for status in CallStatus]))
@click.option("--since", type=_TIME, help="Asked for at that time (UTC) or later.")
@click.option("--until", type=_TIME, help="Asked for before that time (UTC).")
@click.option(
    "--broken-promise", is_flag=True, help="Planned calls that cannot be placed, and why."
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A list of objects, with the visit.")
def list_calls(
    site: str | None,
    number: str | None,
    status: str | None,
    since: datetime | None,
    until: datetime | None,
    broken_promise: bool,
    limit: int,
    as_json: bool,
) -> None:
    """The newest calls, one line each: when it was asked for (UTC), its id, the site, the receptionist,
    the number's last two digits, the status, and the reason, if there is one."""
    wanted = CallFilter(
        site,
        full_number(number) if number else None,
        CallStatus(status) if status else None,
        _utc(since),
        _utc(until),
    )
    found = _broken(site, limit) if broken_promise else _lookup(site).newest(wanted, limit)
    if as_json:
        _print_json([_call(call, mask_phone(call.phone)) for call in found])
        return
    for call in found:
        columns = (
            f"{call.created_at:%Y-%m-%d %H:%M:%S}",
            *(call.id, call.site, call.receptionist, mask_phone(call.phone)),
            *(call.status, call.reason),
        )
        click.echo("\t".join(columns).rstrip())


# An id may begin with a hyphen.
@calls.command(context_settings={"ignore_unknown_options": True})
@click.argument("call_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True)
def show(call_id: str, as_json: bool) -> None:
    """Everything that is known of one call, in order of time, with the number in full."""
    record = _lookup().record(call_id)
    if record is None:
        raise ConfigurationError([_UNKNOWN])
    if as_json:
        _print_json(_record(record))
        return
    for at, what in sorted(_moments(record), key=lambda moment: moment[0]):
        click.echo(f"{at:%Y-%m-%d %H:%M:%S}\t{what}".encode())


@calls.command(context_settings={"ignore_unknown_options": True})
@click.argument("id_or_number")
def evidence(id_or_number: str) -> None:
    """Print the visitor's consent as JSON: one object for the ID of a call, or for a number (with its
    country code) a list, oldest first."""
    is_number = id_or_number.startswith("+")
    found = _lookup().evidence(full_number(id_or_number) if is_number else id_or_number)
    if not found and not is_number:
        raise ConfigurationError([_UNKNOWN])
    objects = [_evidence(given, call) for given, call in found]
    _print_json(objects if is_number else objects[0])


def _broken(site: str | None, limit: int) -> list[Call]:
    """The next of these calls first, each with the cause as its reason."""
    broken = list_broken(ready_database(load_settings()), utc_now, site)
    return [replace(call, reason=why) for call, why in broken[:limit]]


def _lookup(site: str | None = None) -> CallLookup:
    settings = load_settings()
    database = ready_database(settings)
    if site is not None:
        SiteAdministration(database, utc_now).require(site)
    return CallLookup(database, Fingerprint(settings.secret_key.get_secret_value()))


def _moments(record: CallRecord) -> Iterator[tuple[datetime, str]]:
    """When each thing happened, and what."""
    if call := record.call:
        yield (
            call.created_at,
            f"asked for\tsite {call.site}, receptionist {call.receptionist},"
            f" number {call.phone or 'forgotten'}",
        )
        if call.plan:
            zone = call.timezone or "the zone of the hours"
            yield call.plan.at, f"planned for\t{call.plan.wall_time} in {zone}"
        for name, value in _visit(call).items():
            yield call.created_at, f"{name}\t{value}"
    if given := record.evidence:
        box = {None: "", True: ", box ticked", False: ", box not ticked"}[given.agreement.ticked]
        consent = f'"{given.sentence}"{box}' if given.agreement.version else "none was asked for"
        night = ", wanted at night" if given.agreement.night else ""
        yield given.at, f"consent\t{consent}{night}, from {given.agreement.network}"
    for event in record.events:
        yield event.at, f"{event.new}\t{event.reason}".rstrip()
    for message in record.deliveries:
        sent = (
            f"{message.state}, sent {message.attempt} times, {message.outcome or 'no answer yet'}"
        )
        yield message.at, f"hook {message.event}\t{message.id}, {sent}"


def _record(record: CallRecord) -> dict[str, object]:
    """As JSON."""
    return {
        "call": _call(record.call, record.call.phone) if record.call else None,
        "events": [
            {"at": event.at.isoformat(), "status": event.new, "reason": event.reason}
            for event in record.events
        ],
        "consent": _evidence(record.evidence, record.call) if record.evidence else None,
        "deliveries": [
            {
                "id": message.id,
                "event": message.event,
                "at": message.at.isoformat(),
                "state": message.state,
                "attempts": message.attempt,
                "outcome": message.outcome,
            }
            for message in record.deliveries
        ],
    }


def _call(call: Call, phone: str) -> dict[str, object]:
    return {
        "id": call.id,
        "site": call.site,
        "receptionist": call.receptionist,
        "phone": phone or None,
        "status": call.status,
        "reason": call.reason,
        "created_at": call.created_at.isoformat(),
        "due_at": call.due_at.isoformat(),
        "expires_at": call.expires_at.isoformat(),
        "attempts": call.attempt,
        "planned_at": call.plan.at.isoformat() if call.plan else None,
        "retry_of": call.retry_of,
        "request": call.web_request,
        **_visit(call),
    }


def _visit(call: Call) -> dict[str, str]:
    """What the page reported, without empty fields."""
    facts = {**call.visit.texts, **call.visit.utm}
    return {name: value for name, value in facts.items() if value}


def _evidence(given: Evidence, call: Call | None) -> dict[str, object]:
    """As JSON. `status` and `phone` come from the call's row while it exists."""
    return {
        "call": given.call_id,
        "site": given.site,
        "at": given.at.isoformat(),
        "consent": {
            "sentence": given.sentence,
            "version": given.agreement.version,
            "locale": given.agreement.locale,
            "box_ticked": given.agreement.ticked,
            "wanted_at_night": given.agreement.night,
        },
        "page_url": given.page_url,
        "visitor_network": given.agreement.network,
        "number_ends_in": given.last_two,
        "status": call.status if call else None,
        "phone": call.phone or None if call else None,
    }


def _print_json(value: object) -> None:
    """As UTF-8 bytes, whatever the locale."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False).encode())


def _utc(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when else None
