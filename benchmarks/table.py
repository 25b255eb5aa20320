"""The figures, and the table in which they are printed."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass


class BenchmarkError(Exception):
    """A measurement is not valid; the text says what went wrong."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row. `measured` is None if this machine cannot tell; a row without a limit only informs."""

    name: str
    measured: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    digits: int = 0

    @property
    def short(self) -> bool:
        if self.measured is None:
            return False
        too_low = self.at_least is not None and self.measured < self.at_least
        too_high = self.at_most is not None and self.measured > self.at_most
        return too_low or too_high

    @property
    def cells(self) -> tuple[str, str, str, str]:
        limit = ""
        if self.at_least is not None and self.at_least == self.at_most:
            limit = self._shown(self.at_least)
        elif self.at_least is not None:
            limit = f">= {self._shown(self.at_least)}"
        elif self.at_most is not None:
            limit = f"<= {self._shown(self.at_most)}"
        verdict = "short" if self.short else "ok"
        known = limit and self.measured is not None
        return self.name, self._shown(self.measured), limit, verdict if known else ""

    def _shown(self, value: float | None) -> str:
        if value is None:
            return "n/a"
        return f"{value:,.{self.digits}f} {self.unit}".rstrip()


def table(figures: Sequence[Figure]) -> str:
    """All rows, in columns as wide as their widest cell, with numbers aligned right."""
    rows = [("figure", "measured", "must reach", "")]
    rows += [figure.cells for figure in figures]
    wide = [max(len(row[at]) for row in rows) for at in range(3)]
    lines = [
        f"{name:{wide[0]}}  {measured:>{wide[1]}}  {limit:>{wide[2]}}  {verdict}".rstrip()
        for name, measured, limit, verdict in rows
    ]
    return "\n".join([lines[0], "-" * (sum(wide) + 11), *lines[1:]])


def machine() -> str:
    """One line about the machine; the load is that from before the first measurement."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}, load average {load}"
    )
