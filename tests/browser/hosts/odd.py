"""Pages that are unlike others without meaning it, and those that change while they are looked at."""

from __future__ import annotations

from tests.browser.hosts import stories
from tests.browser.hosts.hostile import UNSET
from tests.browser.hosts.rows import inline, page, row

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
