"""Normalises a typed phone number before it is parsed: undoes what keyboards, links and habits add."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

import regex
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

_INVISIBLE = regex.compile(r"[\p{Cf}\p{Default_Ignorable_Code_Point}\N{BRAILLE PATTERN BLANK}]")
"""Direction marks of contact apps, variation selectors of emoji keyboards, fillers that look empty."""
_DASH = regex.compile(r"[\p{Pd}\u2043\u2212\u30fc_]")
_DOT = regex.compile("[\u00b7\u2022\u2027\u2219\u22c5\u30fb]")
_DIGIT = regex.compile(r"\d")
_NOTE = regex.compile(r"\p{No}")
"""A superscript or circled number is a footnote mark."""

_LINK = regex.compile(
    r"(?:tel|callto|smsto|sms|skype|facetime|facetime-audio):(?://)?", regex.IGNORECASE
)
_LINKED_EXTENSION = ("ext", "postd", "isub")
_LABEL = regex.compile(r"(?:[^\d+(\[*#\p{Cc}]*[^\w+(\[*#\p{Cc}])?(?=[\d+(\[])")
"""Words before the number that end in something else than a letter: "Phone: ", "☎ "."""
_WORDS_BEHIND = regex.compile(
    r"(?<=\d)\s+[(\[]?(?!x|ext)[^\W\d_][^\d#]*\Z", regex.IGNORECASE | regex.REVERSE
)
"""Words behind it: " mobile", " (home)"."""
_AROUND = " ,.;:!?\"'<>\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u3001\u3002\u2026"

_SEPARATORS = r"\s().\-/\[\]~"
_TYPABLE = regex.compile(rf"[(\[\s]*\+*[\d{_SEPARATORS}]+\Z")
_CLOSING = r"[\s)\]}#]*\Z"
_NAMED_EXTENSION = regex.compile(
    rf"(?:;ext=|(?<![^\W\d_])ext)|(?:x|#)[\s:([]*\d+{_CLOSING}", regex.IGNORECASE
)
_EXTENSION = regex.compile(
    r"((?:\D*\d){5,}?[\s)]*)[([{]*(?:~|&(?=\d)|\{|[^\d\s()./\-+\[\]{}~=&][^\d+=&]*)\d{1,7}"
    + _CLOSING
)
"""Digits, a separator or a word, and a few more digits."""
_MORE_DIGITS = regex.compile(rf"(.*\d)\s*[-/~]+\s*\d{{1,5}}{_CLOSING}")
_STRAY_DIGITS = regex.compile(rf"(.*\d[\s)]*?)[\s.,\-/~([{{+]+\d{{1,5}}{_CLOSING}")
_MAX_CALLING_CODE = 3

_OLD: dict[int, list[tuple[str, str]]] = {
    # Mexico dropped its prefixes for long distance and mobiles in 2019.
    52: [(r"(?:01|02|044|045|1)(\d{10})", r"\1")],
    # Brazil's mobiles have a ninth digit since 2016.
    55: [(r"0?(\d\d)([6-9]\d{7})", r"\g<1>9\2")],
    # Colombia's landlines have 60 before the digit of their area since 2021, mobiles no 03.
    57: [(r"([124-8]\d{7})", r"60\1"), (r"03(\d{10})", r"\1")],
    # Vietnam's mobiles of eleven digits were made shorter in 2018.
    84: [
        (r"0?16([2-9]\d{7})", r"3\1"),
        *(
            (rf"0?{old}(\d{{7}})", rf"{new}\1")
            for old, new in (
                *(("120", "70"), ("121", "79"), ("122", "77"), ("126", "76"), ("128", "78")),
                *(("123", "83"), ("124", "84"), ("125", "85"), ("127", "81"), ("129", "82")),
                *(("186", "56"), ("188", "58"), ("199", "59")),
            )
        ),
    ],
    # Benin's numbers begin with 01 since 2024.
    229: [(r"(\d{8})", r"01\1")],
    # Latvia and Estonia gave up the 8 before numbers at home.
    371: [(r"8(\d{8})", r"\1")],
    372: [(r"8(\d{7,8})", r"\1")],
}
"""By calling code: patterns of old spellings, and what replaced them.

From the notes on these countries in libphonenumber's metadata. Only unambiguous changes are listed, and
they are tried only on what is not a valid number today."""

_TRUNK_ZERO = (r"0(\d+)", r"\1")
"""People put the 0 of other countries, or of their own past, before numbers that have none."""


def plain(typed: str) -> str:
    """The number alone, in ASCII digits, as far as it can be recognised."""
    text = unicodedata.normalize("NFKC", _NOTE.sub("*", _INVISIBLE.sub("", typed)))
    text = regex.sub(r"\s", " ", text).lstrip(_AROUND)
    if link := _LINK.match(text):
        text = _linked(unquote(text[link.end() :]))
    text = _DOT.sub(".", _DASH.sub("-", text))
    if not text.isascii():
        # Python may know an older Unicode than `regex` does.
        text = _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0], "*")), text)
    if label := _LABEL.match(text):
        text = text[label.end() :]
    return _WORDS_BEHIND.sub("", text).strip(_AROUND)


def _linked(link: str) -> str:
    """The number in a link, with the parameters of RFC 3966 applied."""
    number, *parameters = regex.split(r"[?&]", link)[0].split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() in _LINKED_EXTENSION:
            return f"{number};ext={value}"
        if name.strip().lower() == "phone-context" and value.startswith("+"):
            # Not added twice.
            given = number.startswith(("+", "00", value[1:]))
            number = number if given else f"{value}{number}"
    return number


def brackets_an_area(text: str) -> bool:
    """Whether the number begins with brackets around something other than a calling code."""
    bracketed = regex.match(r"\(\s*(\d+)\s*\)", text)
    return bracketed is not None and int(bracketed[1]) not in COUNTRY_CODE_TO_REGION_CODE


def is_typable(text: str) -> bool:
    """Whether the text has only digits and what people put between them."""
    return _TYPABLE.match(text) is not None


def has_named_extension(text: str) -> bool:
    """Whether the text has a labelled extension, such as `ext. 5` or `#5`."""
    return _NAMED_EXTENSION.search(text) is not None


def without_extension(text: str) -> Iterator[str]:
    """What may be the number if the text's last digits are an extension of any kind."""
    for pattern in (_EXTENSION, _MORE_DIGITS):
        if found := pattern.match(text):
            yield found[1]


def without_stray_digits(text: str) -> str:
    """The text without a last group of a few digits, however it is set apart."""
    found = _STRAY_DIGITS.match(text)
    return found[1].rstrip(" .,-/~([{+") if found else ""


def todays(text: str, calling_code: int) -> Iterator[str]:
    """How a number in an old or mistaken spelling would be written today: +CC and digits.

    `calling_code` is that of a number that is written without.
    """
    digits = regex.sub(r"\D", "", text)
    if text.startswith("+"):
        calling_code = calling_code_of("+" + digits)
        digits = digits.removeprefix(str(calling_code))
    for old, new in (*_OLD.get(calling_code, ()), _TRUNK_ZERO):
        if found := regex.fullmatch(old, digits):
            yield f"+{calling_code}{found.expand(new)}"


def calling_code_of(e164: str) -> int:
    """The calling code of a number or prefix with +; 0 where no code is like that."""
    for length in range(1, _MAX_CALLING_CODE + 1):
        code = int(e164[1 : 1 + length] or 0)
        if code in COUNTRY_CODE_TO_REGION_CODE:
            return code
    return 0
