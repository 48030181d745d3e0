"""Many datasets at once: dropped, waited for, and what the admission state let happen meanwhile."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment
from tests.support.runs import IRIS, nothing_is_running
from tunedrop import keys

# The least that can be tuned: ten training jobs.
SMALLEST = """\
target: kind
estimators: [linear]
training_jobs: 10
parallel_training_jobs: 2
folds: 3
early_stopping: off
"""
# Of concurrent runs, as the deployment's settings have it.
LIMIT = 10
_CLIENTS = 8


@dataclass(frozen=True)
class Burst:
    """Datasets with the same contents, `<name>-000` and so on."""

    deployment: Deployment
    name: str
    count: int

    @cached_property
    def datasets(self) -> list[str]:
        return [f"{self.name}-{number:03}" for number in range(self.count)]

    def drop(self) -> None:
        """Drop all of them, side by side."""
        files = {"tuning.yaml": SMALLEST, "train.csv": IRIS}

        def put(dataset: str) -> None:
            for name, text in files.items():
                self.deployment.put(f"{keys.DATASETS}{dataset}/{name}", text)

        with ThreadPoolExecutor(_CLIENTS) as pool:
            list(pool.map(put, self.datasets))

    def wait(self, seconds: float) -> None:
        """Wait until every dataset has had a run, and no slot is taken."""
        eventually(lambda: len(self._over()), lambda n: n >= self.count, seconds, pause=2)
        self.wait_for_calm()

    def wait_for_calm(self) -> None:
        """Wait until no message is on its way, and none of them has a slot or waits."""
        eventually(self._is_calm, bool, 120, pause=1)

    def check(self) -> None:
        """Each dataset has one run, with a report; the limit was always kept, and used."""
        assert Counter(map(len, self.runs().values())) == {1: self.count}
        assert Counter(self.reports()) == dict.fromkeys(self.datasets, 1)
        executions = self.executions()
        assert Counter(execution["status"] for execution in executions) == {"SUCCEEDED": self.count}
        assert min(LIMIT, self.count // 2) <= self.most_executions_at_once() <= LIMIT
        eventually(lambda: nothing_is_running(self.deployment), bool, 60)

    def _is_calm(self) -> bool:
        state = self.deployment.state()
        busy = {*state["slots"], *state["waiting"]} & set(self.datasets)
        return not busy and self.deployment.nothing_arrives()

    def runs(self) -> dict[str, list[str]]:
        """The ids of each dataset's runs."""
        run_ids: dict[str, set[str]] = {dataset: set() for dataset in self.datasets}
        for _, dataset, run_id, *_ in map(_parts, self._files):
            run_ids[dataset].add(run_id)
        return {dataset: sorted(ids) for dataset, ids in run_ids.items()}

    def reports(self) -> list[str]:
        """The datasets of all reports, one that has two of them twice."""
        files = map(_parts, self._files)
        return [dataset for _, dataset, _, *rest in files if rest == ["report.html"]]

    @property
    def _files(self) -> list[str]:
        return self.deployment.keys(f"{keys.RUNS}{self.name}-")

    def executions(self) -> list[dict[str, Any]]:
        """All executions of these datasets' runs."""
        pages = self.deployment.clients.steps.get_paginator("list_executions").paginate(
            stateMachineArn=self.deployment.state_machine
        )
        executions: list[dict[str, Any]] = [
            dict(execution) for page in pages for execution in page["executions"]
        ]
        return [
            execution for execution in executions if execution["name"].startswith(f"{self.name}-")
        ]

    def _over(self) -> list[dict[str, Any]]:
        return [execution for execution in self.executions() if execution["status"] != "RUNNING"]

    def most_executions_at_once(self) -> int:
        """How many of the executions were under way at once."""
        changes: list[tuple[datetime, int]] = []
        for execution in self.executions():
            changes += [(execution["startDate"], 1), (execution["stopDate"], -1)]
        under_way = most = 0
        for _, change in sorted(changes):  # an end counts before a start of the same moment
            under_way += change
            most = max(most, under_way)
        return most


def _parts(key: str) -> list[str]:
    return key.split("/", 3)
