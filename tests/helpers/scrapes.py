"""Reading /metrics as Prometheus does."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from tests.helpers.callme import Visitor

TOKEN = "only-for-scrapes-0123456789"

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


class Scrape:
    """The content of one response of /metrics."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = list(text_string_to_metric_families(text))
        self._samples: Samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families
            for sample in family.samples
        }

    def value(self, name: str, /, **labels: str) -> float:
        """The sample with exactly this name and these labels; 0 if there is none."""
        return self._samples.get((name, frozenset(labels.items())), 0)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self._samples}


def scrape(visitor: Visitor, token: str = TOKEN) -> Scrape:
    answer = visitor.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return Scrape(answer.text)
