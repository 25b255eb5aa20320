"""How people look at a page: in which colours, on which screens, with how much room between lines.

`faults` looks at what is shown in each of these ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_JUDGE = (Path(__file__).parent / "judge.js").read_text("utf-8")
_AXE_RULES = (
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
)
_AXE = """async ({context, rules}) => {
  const {violations} = await axe.run(context || document, {
    resultTypes: ['violations'], runOnly: {type: 'tag', values: rules}});
  return violations.flatMap(({id, nodes}) =>
    nodes.map(({html, failureSummary}) => `axe ${id}: ${html.slice(0, 120)} ${failureSummary}`));
}"""
_SPACING = """on => {
  const sheet = window.spacing ??= new CSSStyleSheet();
  sheet.replaceSync(on ? `* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
    word-spacing: 0.16em !important } p { margin-bottom: 2em !important }` : '');
  for (const root of [document, document.querySelector('call-me')?.shadowRoot]) {
    if (root && !root.adoptedStyleSheets.includes(sheet)) {
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    }
  }
}"""


@dataclass(frozen=True, slots=True)
class Look:
    """One way of looking. `axe` says whether its rules are asked here too."""

    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    forced: bool = False
    spaced: bool = False
    axe: bool = True


LOOKS: Mapping[str, Look] = {
    "light, 1280 px": Look(1280, 800),
    "dark, 1280 px": Look(1280, 800, "dark"),
    "forced colours, 1280 px": Look(1280, 800, forced=True),
    "light, 360 px": Look(360, 740),
    "dark, 360 px": Look(360, 740, "dark"),
    "forced colours, 360 px": Look(360, 740, forced=True),
    "200 % zoom": Look(640, 400, axe=False),
    "400 % zoom": Look(320, 256, axe=False),
    "text spacing": Look(1280, 800, spaced=True, axe=False),
    "text spacing, 320 px": Look(320, 640, spaced=True, axe=False),
}
"""Zoom makes a screen's pixels fewer: 1280 by 800 at 200 % are 640 by 400."""


def faults(page: Page, *, widget: bool) -> list[str]:
    """What falls short of WCAG 2.2 AA in any look: of the widget, or of a page of ours."""
    found = []
    for name, look in LOOKS.items():
        _take(page, look)
        found += [f"{name}: {fault}" for fault in _seen(page, look, widget)]
    _take(page, LOOKS["light, 1280 px"])
    return found


def _take(page: Page, look: Look) -> None:
    page.emulate_media(color_scheme=look.scheme, forced_colors="active" if look.forced else "none")
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.evaluate(_SPACING, look.spaced)


def _seen(page: Page, look: Look, widget: bool) -> list[str]:
    """With forced colours the contrast is what the person has chosen."""
    found: list[str] = page.evaluate(_JUDGE, {"widget": widget, "contrast": not look.forced})
    if look.axe:
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate(AXE_SCRIPT)
        context = "call-me" if widget else None
        found += page.evaluate(_AXE, {"context": context, "rules": _AXE_RULES})
    return found
