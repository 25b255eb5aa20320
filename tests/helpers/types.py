"""callme.d.ts as the tests read it: enough of TypeScript for a file of our own."""

from __future__ import annotations

import re

from tests.helpers.guide import WIDGET

_TEXT = (WIDGET / "callme.d.ts").read_text("utf-8")
_CODE = re.sub(r"/\*.*?\*/|^\s*//.*?$", "", _TEXT, flags=re.DOTALL | re.MULTILINE)


def members(interface: str) -> set[str]:
    """The names that an interface declares."""
    found = re.search(
        rf"interface {interface}\b[^{{]*\{{(.*?)^ *\}}", _CODE, re.DOTALL | re.MULTILINE
    )
    assert found, f"callme.d.ts has no {interface}"
    return set(re.findall(r'^ *(?:readonly )?"?([\w:]+)"?\??[:(<]', found[1], re.MULTILINE))


def union(name: str) -> set[str]:
    """The strings that a type may be."""
    found = re.search(rf"type {name} =([^;]*);", _CODE)
    assert found, f"callme.d.ts has no {name}"
    return set(re.findall(r'"([\w-]+)"', found[1]))


def union_of(interface: str, member: str) -> set[str]:
    """The strings that a member may be."""
    found = re.search(
        rf"interface {interface}\b[^{{]*\{{.*?\b{member}\??:([^;]*);", _CODE, re.DOTALL
    )
    assert found, f"callme.d.ts has no {interface}.{member}"
    return set(re.findall(r'"([\w -]+)"', found[1]))


def listed_in_comment(what: str) -> set[str]:
    """The names after `what` in the comment of the element."""
    found = re.search(rf"{what}: (.*)", _TEXT)
    assert found, f"callme.d.ts lists no {what}"
    return set(found[1].split(", "))


def comment_words(pattern: str) -> set[str]:
    return set(re.findall(pattern, _TEXT))
