"""The API's responses, field by field. The views are typed with these shapes, and the API's description
is made from them: a field that is in no shape is a type error."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, WithJsonSchema, with_config

# pydantic reads typing's own only from Python 3.12 on.
from typing_extensions import TypedDict

from webapp.domain.appearance import Show
from webapp.domain.calls import CallStatus
from webapp.domain.phone_patterns import PublicCountry

_WHOLE = ConfigDict(extra="forbid", use_attribute_docstrings=True)

ColorScheme = Literal["light dark", "light", "dark", "inherit"]
Side = Literal["inset-inline-start", "inset-inline-end", "left", "right"]
Rules = Annotated[dict[str, object], WithJsonSchema(Show.model_json_schema())]


@with_config(_WHOLE)
class PublicReceptionist(TypedDict):
    """Whom the visitor may ask for."""

    key: str
    """What a form sends as `receptionist`."""
    label: str
    """In the owner's words."""


@with_config(_WHOLE)
class PublicCaptcha(TypedDict):
    """The captcha that the site's visitors have to pass."""

    service: str
    """The service's name."""
    site_key: str
    """The site's public key at the service."""
    script: str
    """The address of the service's own script."""
    object: str
    """The global that this script makes in the browser."""


@with_config(_WHOLE)
class PublicSite(TypedDict):
    """A site as the widget gets it."""

    key: str
    """The site's name in addresses."""
    name: str
    """The owner's name."""
    language: str
    """The language that the owner writes in, as a BCP 47 tag."""
    countries: list[PublicCountry]
    """Where calls may go, by calling code."""
    consent: str
    """What the visitor agrees to; empty where nothing is asked."""
    consent_checkbox: bool
    """Whether the consent has a box to tick."""
    privacy_url: str | None
    """The owner's privacy notice."""
    fallback_phone: str
    """The owner's number as E.164, offered whenever we cannot call."""
    fallback_text: str
    """The same number as it is written for readers."""
    label: str | None
    """The button's words, where the owner chose some."""
    title: str | None
    """The panel's heading, where the owner chose one."""
    sentence: str | None
    """The panel's first sentence, where the owner chose one."""
    color: str
    """The brand's colour, `#rrggbb`."""
    text_color: str
    """What can be read on it."""
    shade: str
    """What is mixed into it under the pointer."""
    color_scheme: ColorScheme
    """As CSS has it."""
    launcher: Literal["pill", "bubble", "tab", "inline"]
    """The button's form."""
    side: Side
    """Where the button floats, as CSS has it."""
    offset: list[int]
    """Pixels from the side and from the bottom."""
    radius: int
    """Pixels."""
    show: Rules
    """When the button shows; empty: at once and everywhere."""
    paused: bool
    """Whether the operator has paused the site."""
    captcha: PublicCaptcha | None
    """The captcha to pass, if any."""
    receptionists: list[PublicReceptionist]
    """Whom the visitor may ask for, in the owner's order."""


@with_config(_WHOLE)
class FormToken(TypedDict):
    """What a form needs before it can be sent."""

    token: str
    """Good for one call of this site, from a second to half an hour after it was given."""
    consent: str
    """What the form has to show as agreed to; empty where nothing is asked."""
    consent_checkbox: bool
    """Whether that sentence has a box to tick."""
    challenge: dict[str, Any] | None
    """An ALTCHA challenge whose solution the form sends as `proof`, while the site is under attack."""


@with_config(_WHOLE)
class Accepted(TypedDict):
    """A call that is stored and will be placed."""

    id: str
    """The only key to the call's status."""
    status: CallStatus
    """Most often `queued`; a request that is repeated is told how far its call is."""
    status_url: str
    """Where to ask how it goes."""
    poll_after_ms: int
    """How long to wait before asking, in milliseconds; 0 when there is nothing more to learn."""


@with_config(_WHOLE)
class CallProgress(TypedDict):
    """How far a call is."""

    id: str
    """The call's id."""
    status: CallStatus
    """The state that it is in."""
    message: str
    """One sentence for the visitor, in the visitor's language."""
    final: bool
    """`true` when there is nothing more to wait for."""
    poll_after_ms: int
    """How long to wait before asking again, in milliseconds; 0 when there is nothing more to learn."""


@with_config(_WHOLE)
class ProblemDetails(TypedDict):
    """Why a request was not served (RFC 9457)."""

    type: str
    """The kind of problem, for programs."""
    title: str
    """The kind of problem, in English."""
    status: int
    """The HTTP status."""
    detail: str
    """One sentence for the visitor, in the visitor's language."""
    errors: NotRequired[dict[str, list[str]]]
    """Every field that is not valid, with sentences that say why."""
    retry_after: NotRequired[int]
    """Seconds until it is worth while to ask again, as in the header."""
    fallback_phone: NotRequired[str]
    """The owner's number as E.164, to be offered instead."""
    choices: NotRequired[list[str]]
    """The numbers that the one typed may mean, as E.164: ask which, and send that."""
    choices_written: NotRequired[list[str]]
    """The same numbers as they are written for readers."""


HealthReport = dict[str, str]
"""The state of each part by its name; `ok` when it is well."""
