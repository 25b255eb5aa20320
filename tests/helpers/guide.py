"""docs/embed.md as the tests read it: its snippets, its tables, and the names that it uses."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WIDGET = ROOT / "static" / "widget"
GUIDE = ROOT / "docs" / "embed.md"

CALLME = "https://callme.example"
"""Callme's address in the guide."""

_FENCED = re.compile(r"^( *)```([a-z]+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    """A fenced block, and the heading that it is under."""

    section: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.section.lower().replace(' ', '-')}-{self.number}"


def _sections() -> dict[str, str]:
    _, *parts = _HEADING.split(GUIDE.read_text("utf-8"))
    return {"Start": _, **dict(zip(parts[::2], parts[1::2], strict=True))}


SECTIONS = _sections()


def snippets(language: str, section: str | None = None) -> list[Snippet]:
    """The snippets in a language, in the whole guide or in one section. Repeated ones come once."""
    found: dict[str, Snippet] = {}
    for heading, body in SECTIONS.items():
        if section in (None, heading):
            blocks = [
                textwrap.dedent(text) for _, name, text in _FENCED.findall(body) if name == language
            ]
            for number, text in enumerate(blocks, 1):
                found.setdefault(text, Snippet(heading, number, text))
    return list(found.values())


def the_snippet(language: str, section: str) -> str:
    (only,) = snippets(language, section)
    return only.text


def table(section: str, heading: str) -> list[list[str]]:
    """The rows of the table whose head begins with `heading`; names are without their backticks."""
    lines = iter(SECTIONS[section].splitlines())
    assert any(line.startswith(f"| {heading} |") for line in lines), f"{section} has no {heading}"
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def names(section: str, heading: str, column: int = 0) -> list[str]:
    """The names in one column of a table."""
    return [row[column].strip("`") for row in table(section, heading)]


def in_code(pattern: str) -> set[str]:
    """The first group of each match of the pattern in the guide's code, in lines and in blocks."""
    text = GUIDE.read_text("utf-8")
    code = re.findall(r"`([^`\n]+)`", _FENCED.sub("", text)) + [
        fence[2] for fence in _FENCED.findall(text)
    ]
    return {name for part in code for name in re.findall(pattern, part)}


def widget_source(*suffixes: str) -> str:
    """The widget's files with these suffixes, joined."""
    return "\n".join(
        path.read_text("utf-8")
        for path in sorted(WIDGET.iterdir())
        if path.name.endswith(suffixes) and not path.name.endswith(".d.ts")
    )
