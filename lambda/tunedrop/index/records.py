"""Records of the index: one small entry for each run, check and promotion, and for each dataset.

They are JSON beside the pages, so that a run that ends reads two small documents and not the
results of all runs before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from pydantic import Field

from tunedrop import wording
from tunedrop.champions.record import ChampionRecord
from tunedrop.checks import Check
from tunedrop_common.data_text import escape
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.metric_names import MetricName, describe_metric
from tunedrop_common.plan import Record

# More make a page too long to read; older runs stay in runs/, and their reports with them.
MOST_RUNS = 1000
# Each is read whenever the page is redrawn.
MOST_CHECKS = 100
MOST_DATASETS = 5000
_MOST_PROMOTIONS = 100
_LONGEST_SENTENCE = 300
_LONGEST_TEXT = 500
NO_SCORE = IntervalEstimate(value=None)


class Entry(Record):
    """What runs and checks have in common."""

    run_id: str
    time: str = Field("", description="When the run ended, or the file came: ISO time, UTC.")
    metric: str = ""
    verdict: str = ""
    score: IntervalEstimate = NO_SCORE

    def display(self) -> Self:
        """Return the entry as people read it: errors without the scorer's sign, visible text."""
        metric = describe_metric(self.metric)
        return self.model_copy(update={name: _display(value, metric) for name, value in self})


def _display(value: Any, metric: MetricName) -> Any:
    if isinstance(value, str):
        return escape(value, _LONGEST_TEXT)
    if isinstance(value, IntervalEstimate):
        interval = metric.interval(*value.ends)
        return IntervalEstimate(value=metric.shown(value.value), interval=interval)
    return value


class RunEntry(Entry):
    """How one run ended."""

    outcome: Literal["reported", "failed"]
    selected: str = Field("", description="Which contender, and its estimator.")
    test_score: IntervalEstimate = NO_SCORE
    training_jobs: int = 0
    billable_seconds: int | None = None
    usd: float | None = None
    error: str = Field("", description="The name of the error.")
    error_text: str = Field("", description="A sentence on it, without values of the data.")


def reported(results: Mapping[str, Any]) -> RunEntry:
    """Return the entry of a run with a report, from its results.json."""
    name, cost = results["selected"], results["cost"] or {}
    selected = next(x for x in results["confirm"]["contenders"] if x["name"] == name)
    estimator = selected["estimator"]
    return RunEntry(
        run_id=results["run_id"],
        outcome="reported",
        time=results["confirm_job"]["ended"] or "",
        verdict=results["verdict"],
        metric=results["metric"],
        selected=name if name.endswith(estimator) else f"{name} ({estimator})",
        score=IntervalEstimate(value=selected["mean"], interval=selected["interval"]),
        test_score=IntervalEstimate(value=selected["test_score"]),
        training_jobs=len(results["training_jobs"]),
        billable_seconds=cost.get("billable_seconds"),
        usd=cost.get("usd"),
    )


def failed(run_id: str, failure: Mapping[str, Any]) -> RunEntry:
    """Return the entry of a run that failed, from its failure.json.

    Text in quotation marks may be a value of the data: it stays in failure.json.
    """
    return RunEntry(
        run_id=run_id,
        outcome="failed",
        time=failure.get("time", ""),
        error=failure["error"],
        error_text=wording.one_line(
            wording.without_quotes(failure.get("what", "")), _LONGEST_SENTENCE
        ),
    )


class CheckEntry(Entry):
    """How a model in use predicted rows whose target is known: the part of a check to list."""

    file: str
    version_id: str
    rows: int
    promised: IntervalEstimate
    promised_by: str


def checked(check: Check) -> CheckEntry:
    """Return the entry of a check."""
    return CheckEntry.model_validate(check.model_dump(mode="json"))


class PromotionEntry(Record):
    """A model that was put into use."""

    run_id: str
    time: str = Field(description="ISO time, UTC.")


class History(Record):
    """index/<dataset>.json: the runs of a dataset, its checks and promotions."""

    version: Literal[1] = 1
    dataset: str
    champion: str | None = Field(None, description="The run whose model is in use.")
    runs: tuple[RunEntry, ...] = Field((), description="The newest first.")
    checks: tuple[CheckEntry, ...] = Field((), description="The newest first.")
    promotions: tuple[PromotionEntry, ...] = Field((), description="The oldest first.")

    def merge(self, entries: Iterable[RunEntry], champion: str | None) -> History:
        """Return the history with these runs in it; an entry replaces an older one of its run."""
        runs = {entry.run_id: entry for entry in (*self.runs, *entries)}
        newest = sorted(runs.values(), key=lambda entry: entry.run_id, reverse=True)
        return self.model_copy(
            update={"runs": tuple(newest[:MOST_RUNS]), "champion": champion or self.champion}
        )

    def merge_model_changes(self, champion: ChampionRecord, checks: Iterable[Check]) -> History:
        """Return the history with these checks in it, and with the promotions of a record."""
        entries = {
            (entry.file, entry.version_id): entry
            for entry in (*self.checks, *(checked(check) for check in checks))
        }
        newest = sorted(
            entries.values(), key=lambda entry: (entry.time, entry.file, entry.version_id)
        )[-MOST_CHECKS:]
        promotions = (
            PromotionEntry.model_validate(change.model_dump(mode="json"))
            for change in champion.history[-_MOST_PROMOTIONS:]
        )
        return self.model_copy(
            update={"checks": tuple(reversed(newest)), "promotions": tuple(promotions)}
        )

    @property
    def champion_entry(self) -> RunEntry | None:
        """The run whose model is in use."""
        return next((entry for entry in self.runs if entry.run_id == self.champion), None)


class DatasetEntry(Record):
    """One dataset: its newest run, and the one whose model is in use."""

    dataset: str
    runs: int
    newest: RunEntry | None
    champion: RunEntry | None


class Catalogue(Record):
    """index/index.json: all datasets, by their names."""

    version: Literal[1] = 1
    datasets: tuple[DatasetEntry, ...] = ()

    def merge(self, history: History) -> Catalogue:
        """Return the catalogue with a dataset's current history."""
        entry = DatasetEntry(
            dataset=history.dataset,
            runs=len(history.runs),
            newest=next(iter(history.runs), None),
            champion=history.champion_entry,
        )
        entries = {item.dataset: item for item in self.datasets} | {history.dataset: entry}
        names = sorted(entries, key=lambda name: (name.casefold(), name))[:MOST_DATASETS]
        return self.model_copy(update={"datasets": tuple(entries[name] for name in names)})
