"""The documents are true: links lead somewhere, and names and tables agree with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.reference import REFERENCE, REFUSALS, reference, refusals
from webapp.cli import COMMANDS
from webapp.domain.calls import TRANSITIONS
from webapp.sandbox.outcomes import OUTCOMES
from webapp.sandbox.vendor import ACCESS_KEY, SECRET_ACCESS_KEY

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(path: Path) -> str:
    """The text without fenced blocks."""
    return re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    plain = [re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(text_of(path)):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        file = (path.parent / target).resolve() if target else path
        assert file.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(file), f"{link}: no such heading"


def test_every_document_can_be_found_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    lost = [document.name for document in DOCUMENTS[1:] if f"docs/{document.name}" not in readme]
    assert not lost


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_is_named_is_one(path: Path) -> None:
    named = set(re.findall(r"`callme ([a-z]+)", path.read_text("utf-8")))
    assert named <= set(COMMANDS)


def test_the_configuration_reference_is_what_the_code_says() -> None:
    written = REFERENCE.read_text("utf-8")
    assert written == reference(), "stale: run python -m tests.helpers.reference"


def test_the_list_of_refusals_is_what_the_code_says() -> None:
    written = REFUSALS.read_text("utf-8")
    assert written == refusals(), "stale: run python -m tests.helpers.reference"


def test_the_architecture_document_lists_every_state_transition() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    documented = {
        (old, new)
        for old, news in re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.MULTILINE)
        for new in re.findall(r"`(\w+)`", news)
    }
    assert documented == {(old, new) for old, news in TRANSITIONS.items() for new in news}


def test_the_providers_guide_lists_every_file_that_names_the_vendor() -> None:
    guide = (ROOT / "docs" / "providers.md").read_text("utf-8")
    vendors = re.compile(r"CALLME_DIALOGTECH|dialogtech_|DialogTech(\(|\.\w)")
    naming = [
        path for path in (ROOT / "webapp").rglob("*.py") if vendors.search(path.read_text("utf-8"))
    ]
    lost = [str(path.relative_to(ROOT)) for path in naming if path.name != "dialogtech.py"]
    assert [path for path in lost if path not in guide] == []


def test_the_go_live_guide_covers_the_stand_ins_numbers() -> None:
    guide = (ROOT / "docs" / "going-live.md").read_text("utf-8")
    documented = set(
        re.findall(r"\b01\d\d\b", "\n".join(re.findall(r"^ *\| \(202.*$", guide, re.MULTILINE)))
    )
    assert documented <= set(OUTCOMES)
    assert {min(documented), max(documented)} == {min(OUTCOMES), max(OUTCOMES)}
    for name in ("ibp_api.php", ACCESS_KEY, SECRET_ACCESS_KEY, "/_sandbox/calls"):
        assert name in guide
