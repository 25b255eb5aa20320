"""Why a request is refused, and what follows from each reason.

`docs/refusals.md` is generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

from webapp.domain.problem_kinds import Kind
from webapp.errors import CallmeError

_OFFERING = (Kind.REFUSED, Kind.LIMIT, Kind.UNAVAILABLE, Kind.INTERNAL)


@dataclass(frozen=True, slots=True)
class Facts:
    """What follows from a reason.

    `meaning` is one line for the operator. `sentence` names the visitor's sentence in the catalogues, if
    it is not the kind's own. `offers_phone`: the owner's number comes with it. `suspicious`: many of it
    are a sign of an attack.
    """

    kind: Kind
    meaning: str
    sentence: str = ""
    offers_phone: bool = False
    suspicious: bool = True


def _field(meaning: str, sentence: str) -> Facts:
    """A field can be mended."""
    return Facts(Kind.VALIDATION, meaning, f"error.{sentence}")


def _final(meaning: str, sentence: str) -> Facts:
    """This number is never called from this site."""
    return Facts(Kind.VALIDATION, meaning, f"error.{sentence}", offers_phone=True)


def _away(meaning: str) -> Facts:
    """Nobody can be called now, whoever asks."""
    return Facts(Kind.UNAVAILABLE, meaning, suspicious=False)


def _when(meaning: str, sentence: str) -> Facts:
    """Another time can be chosen."""
    return Facts(Kind.VALIDATION, meaning, f"error.{sentence}", offers_phone=True, suspicious=False)


@unique
class Reason(Enum):
    """All reasons. The code in logs, metrics and `callme refusals` is the name in small letters."""

    # The request

    NOT_A_FORM = Facts(Kind.MEDIA_TYPE, "The body is no form.")
    BODY_BROKEN = Facts(Kind.BAD_REQUEST, "The body cannot be read as a form.")
    BODY_CUT_SHORT = Facts(Kind.BAD_REQUEST, "The body ended too early.")
    BODY_TOO_LARGE = Facts(Kind.TOO_LARGE, "The body is above 16 kB.")
    HTTP_400 = Facts(Kind.BAD_REQUEST, "The request is not valid HTTP for this server.")
    HTTP_404 = Facts(Kind.NOT_FOUND, "There is no such address.")
    HTTP_405 = Facts(Kind.METHOD, "The address does not take this method.")
    HTTP_413 = Facts(Kind.TOO_LARGE, "The request is too large, or has too many fields.")
    HTTP_415 = Facts(Kind.MEDIA_TYPE, "The address does not take this media type.")
    HTTP_500 = Facts(Kind.INTERNAL, "The server could not answer; the log says why.")
    SITE_UNKNOWN = Facts(Kind.UNKNOWN_SITE, "No site has this key.")
    CALL_UNKNOWN = Facts(Kind.UNKNOWN_CALL, "No call has this id, or it was deleted.")
    ORIGIN_MISSING = Facts(Kind.ORIGIN, "No Origin header: a script, or a proxy that strips it.")
    ORIGIN_NOT_ALLOWED = Facts(Kind.ORIGIN, "The page's origin is not in the site's `origins`.")
    ORIGIN_NOT_OURS = Facts(Kind.ORIGIN, "Another page sent a form of the hosted page or of /stop.")
    VISITOR_LIMIT = Facts(Kind.LIMIT, "Too many requests from one address.", suspicious=False)
    POST_CALL_SECRET = Facts(Kind.REFUSED, "A post-call report without the site's secret.")
    POST_CALL_FIELDS = Facts(
        Kind.BAD_REQUEST, "A post-call report without the fields that it needs."
    )

    # The form

    HONEYPOT = Facts(Kind.REFUSED, "The hidden field is filled in: a script.")
    TOKEN_MISSING = Facts(Kind.TOKEN, "The form has no token.")
    TOKEN_FORGED = Facts(Kind.TOKEN, "The token was not issued with this CALLME_SECRET_KEY.")
    TOKEN_STALE = Facts(Kind.TOKEN, "The form was shown over half an hour ago.")
    TOKEN_TOO_YOUNG = Facts(Kind.TOKEN, "The form came back within a second: a script.")
    TOKEN_OF_ANOTHER_SITE = Facts(Kind.TOKEN, "The token was issued for another site.")
    TOKEN_WITHOUT_CONSENT = Facts(
        Kind.TOKEN, "The form was shown before the owner asked for consent."
    )
    TOKEN_SPENT = Facts(Kind.TOKEN, "The token has made its one call.")
    FIELD_REPEATED = _field("A field was sent more than once.", "repeated")
    REQUEST_ID_NOT_VALID = _field("`request_id` is no UUID.", "request_id")
    RECEPTIONIST_UNKNOWN = _field("The site has no receptionist with this key.", "receptionist")
    CONSENT_MISSING = _field("The visitor did not agree to be called.", "consent")
    COUNTRY_NOT_ALLOWED = _field("`country` is not among the site's regions.", "country")

    CLOSED = Facts(
        Kind.VALIDATION,
        "Nobody answers now; see the site's `hours`.",
        "error.closed",
        offers_phone=True,
        suspicious=False,
    )

    QUIET_HOURS = Facts(
        Kind.VALIDATION,
        "It is night at the phone's place: the visitor is asked once more; see `quiet`.",
        "night.sentence",
        suspicious=False,
    )

    WHEN_NOT_AN_INSTANT = _when("`when` is no instant such as 2026-12-03T15:15:00Z.", "when")
    WHEN_NOT_OFFERED = _when("`when` is no slot that can be chosen now; see `later`.", "when")
    WHEN_FULL = _when("The slot has `per_slot` calls.", "when_full")
    WHEN_AT_NIGHT = _when("The slot is in the phone's quiet hours; see `quiet`.", "when_night")
    PLANNED_ALREADY = _when(
        "The number has a planned call, on this site or another.", "when_planned"
    )
    TIMEZONE_UNKNOWN = Facts(
        Kind.VALIDATION, "`timezone` is no zone.", "problem.validation", suspicious=False
    )
    KEY_WRONG = Facts(Kind.REFUSED, "The `key` is not that of the call.", "error.key")
    CALL_BEGUN = Facts(Kind.CONFLICT, "The call is being dialled, or has ended.", suspicious=False)

    # The number

    PHONE_EMPTY = _field("No number was typed.", "phone")
    PHONE_NOT_A_NUMBER = _field("What was typed is no number.", "phone")
    PHONE_TOO_SHORT = _field("The number has too few digits.", "phone")
    PHONE_TOO_LONG = _field("The number has too many digits.", "phone")
    PHONE_NOT_VALID = _field("No such number can exist.", "phone")
    PHONE_EXTENSION = _field(
        "The number has an extension, which the vendor cannot dial.", "phone_extension"
    )
    PHONE_TWO_READINGS = _field(
        "The digits may be two numbers: the visitor is asked which.", "phone_choice"
    )
    PHONE_UNKNOWN_AREA = _final(
        "An area that libphonenumber does not know; see `extra_prefixes`.", "phone_area"
    )
    PHONE_OF_NO_COUNTRY = _final(
        "A satellite or international number, which is never called.", "region"
    )
    REGION_NOT_ALLOWED = _final(
        "The number's region is not among the site's `allowed_regions`.", "region"
    )
    PHONE_AMBIGUOUS = _final(
        "The vendor might take the digits for a North American number.", "suppressed"
    )
    PHONE_KIND_TOLL_FREE = _final("A toll-free number; see `allowed_kinds`.", "phone_kind")
    PHONE_KIND_VOIP = _final("An internet number; see `allowed_kinds`.", "phone_kind")
    PHONE_KIND_PREMIUM_RATE = _final("A premium-rate number, which is never called.", "phone_kind")
    PHONE_KIND_SHARED_COST = _final("A shared-cost number, which is never called.", "phone_kind")
    PHONE_KIND_PERSONAL_NUMBER = _final("A personal number, which is never called.", "phone_kind")
    PHONE_KIND_PAGER = _final("A pager, which is never called.", "phone_kind")
    PHONE_KIND_UAN = _final("A company-wide number, which is never called.", "phone_kind")
    PHONE_KIND_VOICEMAIL = _final("A voicemail number, which is never called.", "phone_kind")
    PHONE_KIND_UNKNOWN = _final(
        "A number of a kind that is not known, which is never called.", "phone_kind"
    )

    # Guards

    PAUSED = _away("The operator has paused the site, or all sites.")
    PROOF_MISSING = Facts(Kind.TOKEN, "Under attack: the form has no proof of work.")
    PROOF_WRONG = Facts(
        Kind.TOKEN, "Under attack: the proof of work does not solve this form's challenge."
    )
    PROOF_TOO_EASY = Facts(Kind.TOKEN, "Under attack: the proof of work is of an easier level.")
    CROWDED = _away("Under attack: too many forms wait for their turn.")
    CAPTCHA_MISSING = Facts(
        Kind.REFUSED, "The form has no answer of the captcha.", sentence="problem.captcha"
    )
    CAPTCHA_REFUSED = Facts(
        Kind.REFUSED,
        "The captcha's service did not accept the answer; the log says why.",
        sentence="problem.captcha",
    )
    CAPTCHA_UNAVAILABLE = _away("The captcha's service cannot be asked; the log says why.")
    CAPTCHA_NOT_CONFIGURED = _away("The site asks for a captcha, and CALLME_CAPTCHA_… is not set.")
    VENDOR_DOWN = _away("The vendor has failed again and again, at least for this receptionist.")

    # What may be spent, counted in the transaction that accepts the call

    SUPPRESSED = _final("The number must never be called.", "suppressed")
    NUMBER_PAUSE = Facts(
        Kind.LIMIT,
        "The number was called within `number_pause_seconds`.",
        sentence="problem.number",
    )
    NUMBER_PER_DAY = Facts(
        Kind.LIMIT, "The number was called `number_per_day` times.", sentence="problem.number"
    )
    SITE_PER_HOUR = Facts(Kind.UNAVAILABLE, "The site's calls of this hour are spent.")
    SITE_PER_DAY = Facts(Kind.UNAVAILABLE, "The site's calls of this day are spent.")
    INSTALLATION_PER_DAY = Facts(Kind.UNAVAILABLE, "CALLME_CALLS_PER_DAY calls are spent.")

    # Faults of ours

    STORE_UNAVAILABLE = _away("The database cannot be used; the log says why.")
    LIMITS_UNAVAILABLE = _away("The limits cannot be counted, as Redis is away or refuses writes.")
    CRASH = Facts(Kind.INTERNAL, "A fault of Callme's own; the log has the traceback.")

    @property
    def code(self) -> str:
        return self.name.lower()

    @property
    def kind(self) -> Kind:
        return self.value.kind

    @property
    def sentence(self) -> str:
        """The key of the visitor's sentence."""
        return self.value.sentence or f"problem.{self.kind.slug}"

    @property
    def meaning(self) -> str:
        return self.value.meaning

    @property
    def suspicious(self) -> bool:
        return self.value.suspicious

    @property
    def offers_phone(self) -> bool:
        return self.value.offers_phone or self.kind in _OFFERING

    @classmethod
    def of_http(cls, status: int) -> Reason:
        """The reason for an error that Flask itself found."""
        fallback = cls.HTTP_400 if status < 500 else cls.HTTP_500
        return cls.__members__.get(f"HTTP_{status}", fallback)


OF_WHEN = (
    Reason.CLOSED,
    Reason.WHEN_NOT_AN_INSTANT,
    Reason.WHEN_NOT_OFFERED,
    Reason.WHEN_FULL,
    Reason.WHEN_AT_NIGHT,
    Reason.PLANNED_ALREADY,
)
"""Another time may do."""

OUR_FAULTS = (Reason.CRASH, Reason.STORE_UNAVAILABLE, Reason.LIMITS_UNAVAILABLE)


def meaning_of(code: str) -> str:
    """The operator's line for a stored code; empty for one of another version."""
    reason = Reason.__members__.get(code.upper())
    return reason.meaning if reason else ""


class Refusal(CallmeError):
    """Something is refused for this reason. What was typed is never repeated."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason
