"""Pages that are unlike others without meaning it, and those that change while they are looked at."""

from __future__ import annotations

from tests.browser.hosts import stories
from tests.browser.hosts.grounds import HostPage
from tests.browser.hosts.hostile import UNSET
from tests.browser.hosts.rows import inline, page, row, scripted

XHTML = "application/xhtml+xml"
NAMESPACE = 'xmlns="http://www.w3.org/1999/xhtml" lang="en"'
ARABIC = 'dir="rtl" lang="ar"'
FRAME = '<iframe src="{}/calm" width="700" height="700"></iframe>'

CALM = [
    row("calm", page()),
    row("calm-inline", inline()),
    row("calm-dark", page(), looks_like="calm-dark", color_scheme="dark"),
]

ODD = [
    row("base-elsewhere", page(head='<base href="https://elsewhere.invalid/" />')),
    row("base-path", page(head='<base href="/deep/er/" target="_top" />')),
    row("right-to-left", page(html=ARABIC), stories.own_direction, looks_like=""),
    row("right-to-left-inline", inline(html=ARABIC), stories.own_direction, looks_like=""),
    row(
        "right-to-left-and-dark",
        page(html='dir="rtl" lang="he"'),
        stories.own_direction,
        looks_like="",
        color_scheme="dark",
    ),
    row("quirks", page(doctype=""), stories.in_quirks_mode),
    row("quirks-inline", inline(doctype=""), stories.in_quirks_mode),
    row("xhtml", page(html=NAMESPACE), content_type=XHTML),
    row("xhtml-inline", inline(html=NAMESPACE), content_type=XHTML),
    row("print", page(), stories.not_on_paper),
    row("print-inline", inline(), stories.not_on_paper),
    row("print-everything-unset", inline(head=UNSET), stories.not_on_paper, stands=False),
    row("framed", page(FRAME.format("$hosts")), looks_like=""),
    row("framed-by-another-site", page(FRAME.format("$elsewhere")), looks_like=""),
]

PRERENDERED = """
  window.troubles = [];
  for (const event of ['error', 'unhandledrejection', 'securitypolicyviolation'])
    addEventListener(event, () => troubles.push(event), true);
  const looking = setInterval(() => {
    const buttons = document.querySelectorAll('call-me').length;
    if (!buttons) return;
    clearInterval(looking);
    window.prerendered = document.prerendering && buttons;
    localStorage.ready = location.href;
  }, 20);
"""
# Chromium prerenders nothing while a debugger looks at the page, as Playwright does for a moment when it
# is new: so it is asked again until a page is ready in the background.
ON_THE_WAY = """
  let tries = 0;
  const asking = setInterval(() => {
    const rules = document.createElement('script');
    const urls = ['/prerendered?' + tries++];
    rules.type = 'speculationrules';
    rules.textContent = JSON.stringify({prerender: [{urls, eagerness: 'immediate'}]});
    document.head.append(rules);
  }, 500);
  addEventListener('storage', event => {
    clearInterval(asking);
    location = event.newValue;
  }, {once: true});
"""

PREPARED = {
    "prerendered": HostPage(page(head=scripted(PRERENDERED))),
    "on-the-way-to-prerendered": HostPage(page("<p>In a moment.</p>", head=scripted(ON_THE_WAY))),
}
"""Two more pages, for a browser that prepares one while it shows the other."""

CHANGING = [
    row("body-replaced", page(), stories.body_replaced),
    row("body-filled-anew", page(), stories.body_filled_anew),
    row("placed-on-some-pages", inline(), stories.placed_on_some_pages),
    row("address-changed", page(), stories.address_changed),
    row("document-element-replaced", page(), stories.document_element_replaced),
    row("document-written-anew", page(), stories.document_written_anew),
    row("moved-while-open", inline(), stories.moved_while_open),
    row("moved-while-ringing", inline(), stories.moved_while_ringing),
    row("floating-moved-while-ringing", page(), stories.moved_while_ringing),
    row("put-back", inline(), stories.put_back),
    row("put-back-while-ringing", inline(), stories.put_back_while_ringing),
]
