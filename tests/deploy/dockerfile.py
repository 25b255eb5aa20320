"""Reads our Dockerfile: as much of its language as it uses, and not a word more."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
DESCRIBES = {"VOLUME", "EXPOSE"}
"""What changes nothing in the image's files."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: its name in capitals, and the rest of its lines as one."""

    name: str
    rest: str


@dataclass
class Stage:
    """From one FROM to the next. Commands are lists of words, as exec takes them."""

    name: str
    steps: list[Step] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def stages() -> list[Stage]:
    """Raises ValueError on an instruction that is not known here."""
    found: list[Stage] = []
    for step in _steps(DOCKERFILE.read_text("utf-8")):
        if step.name == "FROM":
            _, _, name = step.rest.partition(" AS ")
            found.append(Stage(name))
        elif step.name != "ARG":
            _take(found[-1], step)
    return found


def pairs(step: Step) -> dict[str, str]:
    """What an ENV sets."""
    return dict(pair.partition("=")[::2] for pair in shlex.split(step.rest))


def _take(stage: Stage, step: Step) -> None:
    match step.name:
        case "RUN" | "COPY":
            stage.steps.append(step)
        case "ENV":
            stage.steps.append(step)
            stage.environment |= pairs(step)
        case "WORKDIR":
            stage.workdir = step.rest
        case "USER":
            stage.user = step.rest
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(step.rest)
        case "CMD":
            stage.command = json.loads(step.rest)
        case "HEALTHCHECK":
            stage.health = json.loads(step.rest.partition("CMD ")[2])
        case _ if step.name not in DESCRIBES:
            raise ValueError(f"the rehearsal does not know {step.name}")


def _steps(text: str) -> Iterator[Step]:
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in re.sub(r"\s*\\\n\s*", " ", code).splitlines():
        if line.strip():
            name, _, rest = line.partition(" ")
            yield Step(name, rest.strip())
