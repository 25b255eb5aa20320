"""`callme calls`: what is on record about calls."""

from __future__ import annotations

import json

import click

from webapp.cli.database import ready_database
from webapp.cli.numbers import full_number
from webapp.domain.calls import Call
from webapp.domain.consent import Evidence
from webapp.domain.suppression import Fingerprint
from webapp.errors import ConfigurationError
from webapp.settings import load_settings
from webapp.store.calls import CallRepository
from webapp.store.consents import EvidenceRepository


@click.group()
def calls() -> None:
    """What is on record about calls."""


# An id may begin with a hyphen.
@calls.command(context_settings={"ignore_unknown_options": True})
@click.argument("id_or_number")
def evidence(id_or_number: str) -> None:
    """Print the visitor's consent as JSON: one object for the ID of a call, or for a number (with its
    country code) a list, oldest first."""
    settings = load_settings()
    database = ready_database(settings)
    fingerprint = Fingerprint(settings.secret_key.get_secret_value())
    is_number = id_or_number.startswith("+")
    wanted = full_number(id_or_number) if is_number else id_or_number
    found = EvidenceRepository(database, fingerprint).find(wanted)
    if not found and not is_number:
        raise ConfigurationError(["nothing is on record of a call with that id"])
    rows = CallRepository(database)
    told = [_told(one, rows.get(one.call_id)) for one in found]
    text = json.dumps(told if is_number else told[0], indent=2, ensure_ascii=False)
    click.echo(text.encode())  # as bytes: UTF-8, whatever the terminal's settings


def _told(one: Evidence, call: Call | None) -> dict[str, object]:
    """As JSON. `status` and `phone` come from the call's own row, as long as that is kept."""
    return {
        "call": one.call_id,
        "site": one.site,
        "at": one.at.isoformat(),
        "consent": {
            "sentence": one.sentence,
            "version": one.agreement.version,
            "locale": one.agreement.locale,
            "box_ticked": one.agreement.ticked,
        },
        "page_url": one.page_url,
        "visitor_network": one.agreement.network,
        "number_ends_in": one.last_two,
        "status": call.status if call else None,
        "phone": call.phone or None if call else None,
    }
