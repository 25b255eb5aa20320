"""The sample landing page: a fictional business with the widget. It also shows what the stand-in
received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, Response, jsonify, render_template

from webapp.assets import STATIC, TEMPLATES
from webapp.domain.zones import zone_of
from webapp.sandbox.outcomes import OUTCOMES
from webapp.sandbox.planned import Planned

SITE_KEY = "harrow-sun"
ZONE = "America/New_York"
BRAND_COLOR = "#0b6b57"


@dataclass(frozen=True, slots=True)
class MagicNumber:
    number: str
    says: str


def sample_sites(origins: list[str], now: datetime) -> str:
    """The landing page's own sites.toml, with hours around `now`: it has been open for two hours and
    closes in about ten. Service is always open; billing opens in three hours, for an hour."""

    def window(first: int, last: int) -> str:
        here = now.astimezone(zone_of(ZONE))
        start, end = (here + timedelta(hours=hours) for hours in (first, last))
        return f"{start:%H}:00-{end:%H}:00"

    listed = ", ".join(f'"{origin}"' for origin in origins)
    return f"""
[{SITE_KEY}]
name = "Harrow & Sun Solar"
origins = [{listed}]
region = "US"
timezone = "{ZONE}"
allowed_regions = ["US", "CA"]
fallback_phone = "+12025550199"
consent = "By pressing Call me now you agree to one automated call about your enquiry."
privacy_url = "{origins[0]}/#privacy"
appearance = {{ color = "{BRAND_COLOR}" }}
# Nobody's phone rings here, and each of the numbers is there to be tried again.
limits = {{ number_pause_seconds = 1, number_per_day = 0, per_hour = 0, per_day = 0 }}
hours = {{ week = {{ mon-sun = ["{window(-2, 10)}"] }} }}
later = {{ notice_minutes = 1 }}
# Nor does anybody sleep here: times can be chosen at any hour.
quiet = {{ from = "03:59", until = "04:00" }}

[[{SITE_KEY}.receptionists]]
key = "quotes"
label = "Quotes and planning"
menu_id = "55443322"

[[{SITE_KEY}.receptionists]]
key = "service"
label = "Service and repairs"
menu_id = "55443323"
calls_from = "+12025550100"
hours = {{ week = {{ mon-sun = ["00:00-24:00"] }} }}

[[{SITE_KEY}.receptionists]]
key = "billing"
label = "Billing"
menu_id = "55443324"
hours = {{ week = {{ mon-sun = ["{window(3, 4)}"] }} }}
"""


def create_landing(callme_url: str, sandbox_url: str, planned: Planned | None = None) -> Flask:
    """The landing page as a separate application, on another origin than Callme. With `planned`, it
    also shows the calls that wait."""
    app = Flask(__name__, template_folder=str(TEMPLATES), static_folder=str(STATIC))
    shared = {
        "callme_url": callme_url,
        "sandbox_url": sandbox_url,
        "site_key": SITE_KEY,
        "outcomes": [
            MagicNumber(f"(202) 555-{digits}", outcome.says) for digits, outcome in OUTCOMES.items()
        ],
    }
    policy = (
        f"default-src 'none'; script-src 'self' {callme_url}; "
        f"connect-src 'self' {callme_url} {sandbox_url}; style-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )

    @app.get("/")
    def landing() -> str:
        return render_template("demo/index.html", **shared)

    @app.get("/batteries")
    def batteries() -> str:
        return render_template("demo/batteries.html", **shared)

    @app.get("/planned")
    def list_planned() -> Response:
        return jsonify(planned.all() if planned else [])

    @app.post("/planned/<call_id>")
    def ring_now(call_id: str) -> tuple[str, int]:
        return "", 204 if planned and planned.ring(call_id) else 409

    @app.after_request
    def policies(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        return response

    return app
