"""The call form: a phone number, a receptionist, and a token instead of a CSRF cookie."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from babel.lists import format_list
from flask import g, request
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError
from wtforms.csrf.core import CSRF
from wtforms.fields.core import Field

from webapp.context import services
from webapp.domain.addresses import network_of
from webapp.domain.calls import UTM, VISIT_TEXTS, Visit
from webapp.domain.consent import Agreement
from webapp.domain.phone.countries import country_name
from webapp.domain.phone.number import Phone, PhoneError, example_phone, international
from webapp.domain.phone.reading import parse_phone
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Receptionist, Site
from webapp.domain.tokens import Issued, Token, Tokens
from webapp.services.request_call import CallRequest
from webapp.web.call.times import names_no_zone, visitors_timezone
from webapp.web.language import words
from webapp.web.problems import Choice, Problem


class SiteTokenCSRF(CSRF):
    """WTForms' CSRF with a signed, site-bound token instead of a session cookie."""

    def setup_form(self, form: Any) -> Any:
        self._tokens: Tokens = form.tokens
        self._site_key: str = form.site_key
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: Any) -> str:
        return ""  # signing costs time, and only a page that shows the form needs a token

    def validate_csrf_token(self, form: Any, field: Field) -> None:
        try:
            form.shown = self._tokens.check(self._site_key, field.data or "")
        except Refusal as refusal:
            form.token_refusal = refusal.reason
            raise ValidationError(refusal.reason.code) from None


def _text(length: int, *, address: bool = False) -> HiddenField:
    """A field whose value is truncated, as a long one is not the visitor's fault. A URL loses its query
    and fragment, as they may contain personal data."""

    def cut(value: str | None) -> str:
        start = (value or "")[: length * 2]
        if not start.isprintable():
            start = "".join(character for character in start if character.isprintable())
        text = start[:length]
        return re.split(r"[?#]", text, maxsplit=1)[0] if address else text

    return HiddenField(filters=[cut])


class CallForm(FlaskForm):
    """Validated for one site. `reasons` collects those of all fields except the token."""

    class Meta:
        csrf = True
        csrf_class = SiteTokenCSRF
        csrf_field_name = "token"

    country = StringField()
    phone = StringField()
    receptionist = StringField()
    consent = StringField()
    website = StringField()
    """Honeypot: hidden from people. A request that fills it in is refused."""
    night = StringField()
    """`yes`: ring now, though it is night at the phone's place."""
    when = _text(40)
    """The instant of a slot; empty for now."""
    timezone = _text(64)
    request_id = HiddenField()
    proof = HiddenField()
    page_url = _text(2048, address=True)
    landing_url = _text(2048, address=True)
    referrer = _text(2048, address=True)
    locale = _text(35)
    utm_source = _text(255)
    utm_medium = _text(255)
    utm_campaign = _text(255)
    utm_term = _text(255)
    utm_content = _text(255)

    def __init__(
        self,
        site_key: str,
        site: Site,
        shown: Mapping[str, str] | None = None,
    ) -> None:
        self.site_key = site_key
        self.site = site
        self.tokens = services().tokens
        self.words = words()
        self.reasons: list[Reason] = []
        self.token_refusal: Reason | None = None
        self.chosen: Receptionist | None = None
        self.number: Phone | None = None
        self.shown: Token | None = None
        country = request.form.get("country", "")
        self.read_in = country if country in site.regions else site.region
        self.choices: Sequence[Choice] = ()
        super().__init__(formdata=request.form, data=shown)

    def validate_country(self, field: Field) -> None:
        if field.data and field.data not in self.site.regions:
            self._refuse(Reason.COUNTRY_NOT_ALLOWED)

    def validate_phone(self, field: Field) -> None:
        try:
            number = parse_phone(field.data or "", self.read_in, self.site.extra_prefixes)
        except PhoneError as error:
            self.choices = [Choice(number, international(number)) for number in error.choices]
            example = example_phone(self.read_in, self.site.fallback_phone)
            self._refuse(error.reason, example=example)
        reason = self.site.refuses(number)
        if reason:
            here = number.region in self.site.regions
            names = [country_name(code, self.words.locale) for code in self.site.regions]
            self._refuse(
                reason,
                sentence="" if here else Reason.REGION_NOT_ALLOWED.sentence,
                countries=format_list(names, locale=self.words.locale),
            )
        self.number = number

    def validate_receptionist(self, field: Field) -> None:
        self.chosen = self.site.receptionist(field.data or "")
        if self.chosen is None:
            self._refuse(Reason.RECEPTIONIST_UNKNOWN)

    def validate_consent(self, field: Field) -> None:
        if self.site.consent and field.data != "yes":
            self._refuse(Reason.CONSENT_MISSING)

    def validate_timezone(self, field: Field) -> None:
        """Only a planned call needs it: without it, the others are placed all the same."""
        if self.when.data and names_no_zone():
            self._refuse(Reason.TIMEZONE_UNKNOWN)

    def validate_request_id(self, field: Field) -> None:
        try:
            field.data = str(uuid.UUID(field.data or ""))
        except ValueError:
            self._refuse(Reason.REQUEST_ID_NOT_VALID)

    def repeated_fields(self) -> dict[str, list[str]]:
        """Errors for fields that were sent more than once, as their value is ambiguous."""
        sentence = self.words.text(Reason.FIELD_REPEATED.sentence)
        return {
            name: [sentence]
            for name, values in request.form.lists()
            if name in self._fields and name not in UTM and len(values) > 1
        }

    @property
    def visit(self) -> Visit:
        return Visit(
            utm={name: self[name].data for name in UTM if self[name].data},
            **{name: self[name].data or "" for name in VISIT_TEXTS},
        )

    def _refuse(self, reason: Reason, sentence: str = "", **values: str) -> NoReturn:
        self.reasons.append(reason)
        raise ValidationError(self.words.text(sentence or reason.sentence, **values))


def shown_token(site_key: str, site: Site) -> Issued:
    """A token for a newly rendered form. It contains the version of the form's consent wording."""
    boxed = bool(site.consent) and site.consent_checkbox
    return services().tokens.issue(site_key, site.wording.version, boxed=boxed)


def require_valid(form: CallForm) -> tuple[CallRequest, Token]:
    """The visitor's request and the form's token. Raises Problem unless the token and all fields are
    valid."""
    if form.website.data:
        raise Problem(Reason.HONEYPOT)
    repeated = form.repeated_fields()
    valid = form.validate()
    if form.token_refusal and not repeated:
        raise Problem(form.token_refusal)
    if repeated or not valid or not (form.number and form.chosen and form.shown):
        wrong = {
            name: list(sentences) for name, sentences in form.errors.items() if name != "token"
        }
        raise Problem(
            *form.reasons,
            *(Reason.FIELD_REPEATED for _ in repeated),
            errors=wrong | repeated,
            choices=() if "phone" in repeated else form.choices,
        )
    if form.site.consent and not form.shown.consent:
        raise Problem(Reason.TOKEN_WITHOUT_CONSENT)
    wish = CallRequest(
        site=form.site_key,
        limits=form.site.call_limits(services().calls_per_day),
        receptionist=form.chosen,
        phone=form.number,
        request_id=form.request_id.data or "",
        visit=form.visit,
        agreement=_agreement(
            form.shown,
            agreed=form.consent.data == "yes",
            night=form.site.quiet is not None and form.night.data == "yes",
        ),
        web_request=g.request_id,
        timezone=visitors_timezone(),
    )
    return wish, form.shown


def _agreement(shown: Token, *, agreed: bool, night: bool) -> Agreement:
    return Agreement(
        version=shown.consent if agreed else "",
        locale=g.site.language,
        ticked=agreed if shown.boxed else None,
        network=network_of(g.visitor),
        token_id=shown.id,
        night=night or None,
    )
