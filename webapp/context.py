"""The services that the views use, built once by the factory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from webapp.assets import Widget
from webapp.domain.call_keys import CallKeys
from webapp.domain.clock import Clock
from webapp.domain.tokens import Tokens
from webapp.providers.captcha import Captcha
from webapp.services.attack import AttackWatch
from webapp.services.follow_call import FollowCall
from webapp.services.gate import Gate
from webapp.services.health import HealthChecks
from webapp.services.moments import Moments
from webapp.services.opt_out import OptOut
from webapp.services.planning import Planning
from webapp.services.post_call import TakePostCall
from webapp.services.prometheus import PrometheusExport
from webapp.services.proof import ProofOfWork
from webapp.services.refusals import Refusals
from webapp.services.request_call import RequestCall
from webapp.services.sites import SiteCache
from webapp.words import Catalogues

EXTENSION = "callme"


@dataclass(frozen=True, slots=True)
class Services:
    public_url: str
    clock: Clock
    calls_per_day: int
    sites: SiteCache
    follow_call: FollowCall
    moments: Moments
    request_call: RequestCall
    planning: Planning
    call_keys: CallKeys
    opt_out: OptOut
    take_post_call: TakePostCall
    tokens: Tokens
    attack: AttackWatch
    gate: Gate
    proof: ProofOfWork
    refusals: Refusals
    catalogues: Catalogues
    widget: Widget
    health: HealthChecks
    prometheus: PrometheusExport
    captcha: Captcha | None


def services() -> Services:
    return cast(Services, current_app.extensions[EXTENSION])
