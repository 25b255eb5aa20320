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
_ALL_RULES = {"type": "tag", "values": _AXE_RULES}
_RULES_OF_COLOUR = {"type": "rule", "values": ("color-contrast", "link-in-text-block")}
_AXE = """async ({context, rules}) => {
  const {violations} = await axe.run(context || document, {
    resultTypes: ['violations'], runOnly: rules});
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
_SHOWN = """() => {
  const all = (root) => [...root.querySelectorAll('*')].flatMap(
    (one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
  return all(document).map((one) => {
    const {x, y, width, height} = one.getBoundingClientRect();
    const seen = one.checkVisibility({opacityProperty: true, visibilityProperty: true});
    return [one.localName, seen, x, y, width, height].join();
  }).join(';');
}"""
"""Which elements there are, whether they are seen, and where."""


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
    judged: set[str] = set()
    for name, look in LOOKS.items():
        _take(page, look)
        found += [f"{name}: {fault}" for fault in _judged(page, look, widget)]
        if look.axe:
            found += [f"{name}: {fault}" for fault in _asked_of_axe(page, widget, judged)]
    _take(page, LOOKS["light, 1280 px"])
    return found


def _take(page: Page, look: Look) -> None:
    page.emulate_media(color_scheme=look.scheme, forced_colors="active" if look.forced else "none")
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.evaluate(_SPACING, look.spaced)


def _judged(page: Page, look: Look, widget: bool) -> list[str]:
    """With forced colours the contrast is what the person has chosen."""
    found: list[str] = page.evaluate(_JUDGE, {"widget": widget, "contrast": not look.forced})
    return found


def _asked_of_axe(page: Page, widget: bool, judged: set[str]) -> list[str]:
    """By all its rules, or where the same elements are shown in the same places as in a look that was
    `judged` by all, by those that other colours can make say something else."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    shown = page.evaluate(_SHOWN)
    rules = _RULES_OF_COLOUR if shown in judged else _ALL_RULES
    judged.add(shown)
    context = "call-me" if widget else None
    found: list[str] = page.evaluate(_AXE, {"context": context, "rules": rules})
    return found
