"""`python -m tests.helpers.reference` writes the documents that are made from the code:
docs/configuration.md from the settings and the sites, docs/refusals.md from the reasons."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from webapp.domain.hooks import Hooks
from webapp.domain.refusals import Reason
from webapp.domain.site.appearance import Appearance, Show
from webapp.domain.site.model import Receptionist, Site, SiteLimits
from webapp.settings import Settings

_DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = _DOCS / "configuration.md"
REFUSALS = _DOCS / "refusals.md"
TABLES: dict[str, type[BaseModel]] = {
    "The site's own table": Site,
    "`receptionists`": Receptionist,
    "`limits`": SiteLimits,
    "`appearance`": Appearance,
    "`show`": Show,
    "`hooks`": Hooks,
}
HEAD = """# Configuration reference

Made from the code by `python -m tests.helpers.reference`; a test fails when it is not what the code
says.

## Settings

Environment variables, a `.env` file in the working directory, or files of the same name in
`/run/secrets` (or in the folder that the environment variable `CALLME_SECRETS_DIR` names). A wrong value
stops the start with one line that names it. So does a name that begins with `CALLME_` and is no setting:
it is most likely misspelt.

"""
SITES = """
## Sites

TOML, one table a site, stored with `callme sites apply FILE`. Everything is checked before anything is
changed. [README.md](../README.md#go-live-in-five-steps) has an example.
"""

REFUSALS_HEAD = """# Why a request is refused

Made from `webapp/domain/refusals.py` by `python -m tests.helpers.reference`; a test fails when it is
not what the code says.

Each refused request is logged (`refused`), counted in `callme_refusals` and printed by
`callme refusals`, under its code. The visitor reads a sentence in their own language instead. The type
is that of the [answer](api.md), `urn:callme:problem:TYPE`. *Phone*: the owner's number is offered with
it. *Attack*: many of it among the forms of a site are taken as a sign of an attack.

| code | type | status | phone | attack | what it means |
|---|---|---|---|---|---|
"""


def refusals() -> str:
    """The whole of refusals.md."""
    return REFUSALS_HEAD + "".join(
        f"| `{reason.code}` | {reason.kind.slug} | {reason.kind.status} "
        f"| {'yes' if reason.offers_phone else '–'} | {'yes' if reason.suspicious else '–'} "
        f"| {reason.meaning} |\n"
        for reason in Reason
    )


def reference() -> str:
    """The whole of configuration.md."""
    parts = [HEAD, *_rows(Settings, "CALLME_"), SITES]
    for title, model in TABLES.items():
        parts += [f"\n### {title}\n\n", *_rows(model)]
    return "".join(parts)


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    yield "| name | default | takes | |\n|---|---|---|---|\n"
    words = _descriptions(model)
    for name, field in model.model_fields.items():
        shown = prefix + name.upper() if prefix else name
        yield f"| `{shown}` | {_default(field)} | {_takes(field)} | {words[name]} |\n"


def _descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The string below each field, in one line. A field without one is missing, which raises KeyError
    later."""
    (body,) = ast.parse(dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
            assert isinstance(field.target, ast.Name)
            assert isinstance(below.value, ast.Constant)
            found[field.target.id] = " ".join(str(below.value.value).split()).replace("|", "\\|")
    return found


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, BaseModel) or value in ("", None, []):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _takes(field: FieldInfo) -> str:
    """A field's choices or bounds, as far as its type has them."""
    choices = [repr(choice) for choice in _choices(field.annotation)]
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices).replace("'", '"')
    if get_origin(field.annotation) is list:
        return _takes_each(field)
    bounds = {
        name: getattr(constraint, name)
        for constraint in field.metadata
        for name in ("ge", "gt", "le", "max_length")
        if getattr(constraint, name, None) is not None
    }
    words = {
        "ge": "from {}",
        "gt": "above {}",
        "le": "to {}",
        "max_length": "{} characters at most",
    }
    return " ".join(words[name].format(value) for name, value in bounds.items()) or "–"


def _takes_each(field: FieldInfo) -> str:
    """The same for a list: how many entries at most, and the bounds of each."""
    (entry,) = get_args(field.annotation)
    each = _takes(FieldInfo.from_annotation(entry))
    lengths = [
        str(constraint.max_length)
        for constraint in field.metadata
        if hasattr(constraint, "max_length")
    ]
    return ", ".join([*lengths, f"each {each}"]) if each != "–" else "–"


def _choices(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [choice for choice in get_args(annotation) if choice != ""]
    return [choice for part in get_args(annotation) for choice in _choices(part)]


if __name__ == "__main__":
    REFERENCE.write_text(reference(), "utf-8")
    REFUSALS.write_text(refusals(), "utf-8")
