"""The shapes of answers as JSON schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from webapp.web.answers import ProblemDetails
from webapp.web.description.fields import Schema

COMPONENTS = "#/components/schemas/"
_MODE: JsonSchemaMode = "serialization"


@dataclass(frozen=True, slots=True)
class Shapes:
    """`schemas` is the schema of each shape; `named` what they refer to by name."""

    schemas: Mapping[Any, Schema]
    named: Mapping[str, Schema]


class _Plain(GenerateJsonSchema):
    """Without titles that only repeat the names of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def shapes_of(answers: Iterable[Any]) -> Shapes:
    """The schemas of these answers and of the problem."""
    return _shapes_of(tuple(dict.fromkeys((*answers, ProblemDetails))))


@lru_cache(maxsize=8)
def _shapes_of(answers: tuple[Any, ...]) -> Shapes:
    adapters = [(one, _MODE, TypeAdapter[Any](one)) for one in answers]
    found, rest = TypeAdapter.json_schemas(
        adapters, ref_template=f"{COMPONENTS}{{model}}", schema_generator=_Plain
    )
    return Shapes({one: found[one, _MODE] for one in answers}, rest.get("$defs", {}))
