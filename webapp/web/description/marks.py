"""What a route says of itself beside its view, for the API's description.

Only what cannot be read elsewhere: addresses are the URL map's, summaries are the views' docstrings,
fields are the forms', limits and problems have their tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask_wtf import FlaskForm

from webapp.domain.refusals import Kind

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "callme_described"


@dataclass(frozen=True, slots=True)
class Described:
    """One operation, and the decorator of its view.

    `answer` is a shape of JSON, or a media type that has none; `unwell` is the status of the same
    answer when not all is well; `kept` whether caches may ask if it is unchanged; `problems` are
    kinds beyond those that come of form, origin, site and limits; `links` maps endpoints to what
    their parameters are in this answer.
    """

    answer: Any
    status: int = 200
    unwell: int | None = None
    origin: bool = False
    kept: bool = False
    form: type[FlaskForm] | None = None
    problems: tuple[Kind, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __call__(self, view: View) -> View:
        """The view itself, marked."""
        setattr(view, _MARK, self)
        return view


def description_of(view: Callable[..., Any]) -> Described | None:
    """What a view says of itself, if anything."""
    found: Described | None = getattr(view, _MARK, None)
    return found
