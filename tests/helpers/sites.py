"""The sites that the tests use."""

from __future__ import annotations

ORIGIN = "https://www.acme.example"
OTHER_ORIGIN = "https://other.example"
SALES_MENU, HELP_MENU, OTHER_MENU = "55443322", "66554433", "77665544"
FALLBACK_PHONE = "+12025550199"

NO_LIMITS = "limits = { number_pause_seconds = 0, number_per_day = 0, per_hour = 0, per_day = 0 }"
NO_PROOF = 'proof_of_work = "never"'

SITES = f"""
[acme]
name = "Acme Corp"
origins = ["{ORIGIN}", "https://shop.acme.example:8443"]
region = "US"
allowed_regions = ["US", "CA"]
fallback_phone = "{FALLBACK_PHONE}"
consent = "By pressing Call me you agree to one automated call about your enquiry."
privacy_url = "https://www.acme.example/privacy"
appearance = {{ color = "#0b6b57" }}
{NO_LIMITS}
{NO_PROOF}

[[acme.receptionists]]
key = "sales"
label = "Sales"
menu_id = "{SALES_MENU}"

[[acme.receptionists]]
key = "help"
label = "Help desk"
menu_id = "{HELP_MENU}"

[other]
name = "Other Ltd"
origins = ["{OTHER_ORIGIN}"]
region = "GB"
fallback_phone = "+442079460000"
{NO_LIMITS}
{NO_PROOF}

[[other.receptionists]]
key = "all"
label = "Everybody"
menu_id = "{OTHER_MENU}"
"""
"""`acme` asks for consent and has two receptionists; `other` asks for no consent and has one. Neither
has limits or demands a proof of work."""
