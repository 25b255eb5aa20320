"""Names of hosts are read as a browser reads them, or a page of the owner's would be somebody else's."""

from __future__ import annotations

import sys
import unicodedata

from playwright.sync_api import Page

from webapp.domain.site.origins import normal_origin

ORIGINS = """names => names.map(name => {
  try { return new URL("https://" + name).origin } catch { return null }
})"""
NAMES = [
    *("www.fußball.example", "FUSSBALL.example", "Fußball.EXAMPLE:8443", "faß.de", "βόλος.example"),
    *(
        "bücher.example:443",
        "xn--bcher-kva.example",
        "☕.example",
        "a。b．c｡example",
        "ＡＣＭＥ.example",
    ),
    *("مثال.example", "דוגמה.example", "क्\u200cष.example", "ශ්‍රී.example", "例え.テスト", "öbb.at"),
]
STRIDE = 7


def origin_of(name: str) -> str:
    try:
        return normal_origin(f"https://{name}")
    except ValueError:
        return ""


def test_host_names_in_any_script_are_read_as_the_browser_reads_them(page: Page) -> None:
    """Names, and one character in seven of all that Unicode calls a letter, mark, digit or symbol."""
    characters = [
        chr(code)
        for code in range(0x80, sys.maxunicode, STRIDE)
        if unicodedata.category(chr(code))[0] in "LMNS"
    ]
    names = NAMES + [f"a{character}b.example" for character in characters]
    assert len(names) > 15_000
    read = page.evaluate(ORIGINS, names)
    wrong = {
        name: (origin, ours)
        for name, origin in zip(names, read, strict=True)
        if origin and (ours := origin_of(name)) != origin
    }
    assert [name for name in wrong if wrong[name][1]] == []
    assert len(wrong) < 10, wrong  # refused here, as the browser's version of Unicode is another
    assert [name for name, origin in zip(NAMES, read, strict=False) if not origin] == []
