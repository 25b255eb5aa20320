"""The view model of the API's description page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

_SCHEMAS = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a form or response. `choices` are all of its values, if few."""

    name: str
    kind: str
    note: str
    description: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """A named form or response."""

    name: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Response:
    status: str
    description: str
    kind: str
    shape: str


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    form: str
    responses: tuple[Response, ...]


@dataclass(frozen=True, slots=True)
class Api:
    """`server` is the base URL."""

    server: str
    operations: tuple[Operation, ...]
    shapes: tuple[Shape, ...]


def read(document: Schema) -> Api:
    """Convert the whole description for the page."""
    operations = (
        _operation(method, path, _resolved(operation, document))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    named = document["components"]["schemas"]
    return Api(
        document["servers"][0]["url"],
        tuple(operations),
        tuple(_shape(name, schema) for name, schema in named.items()),
    )


def _resolved(value: Any, document: Schema) -> Any:
    """With references to shared parameters and responses resolved."""
    if isinstance(value, list):
        return [_resolved(item, document) for item in value]
    if not isinstance(value, dict):
        return value
    reference = str(value.get("$ref", _SCHEMAS))
    if not reference.startswith(_SCHEMAS):
        _, _, kind, name = reference.split("/")
        return document["components"][kind][name]
    return {key: _resolved(item, document) for key, item in value.items()}


def _operation(method: str, path: str, operation: Schema) -> Operation:
    contents = operation.get("requestBody", {}).get("content", {})
    form = next((_reference(body["schema"]) for body in contents.values()), "")
    parameters = (
        Field(
            given["name"],
            _kind(given["schema"]),
            f"{given['in']}, required" if given.get("required") else given["in"],
            given["description"],
        )
        for given in operation.get("parameters", ())
    )
    responses = (_response(status, answer) for status, answer in operation["responses"].items())
    return Operation(
        operation["operationId"],
        method.upper(),
        path,
        operation["summary"],
        operation["description"],
        tuple(parameters),
        form,
        tuple(responses),
    )


def _response(status: str, answer: Schema) -> Response:
    for kind, body in answer.get("content", {}).items():
        return Response(status, answer["description"], kind, _reference(body["schema"]))
    return Response(status, answer["description"], "", "")


def _shape(name: str, schema: Schema) -> Shape:
    return Shape(name, schema.get("description", ""), tuple(_fields(schema)))


def _fields(schema: Schema) -> Iterator[Field]:
    required = schema.get("required", ())
    if "enum" in schema:
        yield Field("", _kind(schema), "", "", tuple(map(str, schema["enum"])))
    for name, property_ in schema.get("properties", {}).items():
        yield Field(
            name,
            _kind(property_),
            "" if name in required else "optional",
            property_.get("description", ""),
            tuple(map(str, property_.get("enum", ()))),
        )


def _reference(schema: Schema) -> str:
    """The name of the schema that this one refers to, if any."""
    parts: list[Any] = [schema, *schema.get("allOf", ())]
    found = (part["$ref"] for part in parts if "$ref" in part)
    return next(found, "").removeprefix(_SCHEMAS)


def _kind(schema: Schema) -> str:
    """The type in a word or two."""
    if name := _reference(schema):
        return name
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "anything"))
