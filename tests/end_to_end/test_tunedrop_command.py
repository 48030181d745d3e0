"""The `tunedrop` command on a real deployment, as a person uses it from check to stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.workspace import REPOSITORY
from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment
from tests.support.runs import SLOWER, nothing_is_running


class Person:
    """Somebody with a shell that has the variables which `up` printed."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self.deployment = deployment
        self._folder = folder

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `tunedrop`."""
        return subprocess.Popen(
            [sys.executable, "-m", "tunedrop", *arguments],
            cwd=self._folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.deployment.workspace.home),
                "PYTHONPATH": os.pathsep.join(
                    f"{REPOSITORY}/{name}" for name in ("lambda", "common", "training_container")
                ),
                **self.deployment.variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def tunedrop(self, *arguments: str, status: int = 0) -> str:
        """Run `tunedrop` to its end; return what it wrote."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=200)
        assert process.returncode == status, f"status {process.returncode}\n{out}\n{err}"
        assert "Traceback" not in err
        return out + err


@pytest.fixture
def person(deployment: Deployment, tmp_path: Path) -> Person:
    return Person(deployment, tmp_path)


class TestTunedropCommand:
    def test_from_a_drop_to_its_report(
        self, person: Person, penguins: Path, tmp_path: Path
    ) -> None:
        dropped = person.tunedrop("drop", str(penguins), "--name", "birds", "--json")
        run = f"birds/{json.loads(dropped[: dropped.index('}') + 1])['run_id']}"
        assert "birds: classification of 'species'" in dropped
        watched = person.tunedrop("watch", "birds")
        assert f"{run}: succeeded" in watched
        assert "linear: completed, 10 of 10 done; best balanced accuracy" in watched
        assert "Verdict: first model." in watched
        page = tmp_path / "tunedrop-runs" / run / "report.html"
        assert person.tunedrop("report", "birds").strip() == str(page.relative_to(tmp_path))
        assert "Content-Security-Policy" in page.read_text("utf-8")
        [listed] = json.loads(person.tunedrop("runs", "birds", "--json"))["runs"]
        results = person.deployment.json_of(f"runs/{run}/results.json")
        selected = results["confirm"]["selected"]
        [score] = [c["mean"] for c in results["confirm"]["contenders"] if c["name"] == selected]
        assert (listed["run"], listed["state"], listed["score"]) == (run, "succeeded", score)
        again = person.tunedrop("report", "birds", "--rebuild", "--output", "again.html")
        assert f"Building the report of {run}" in again
        assert (tmp_path / "again.html").read_text("utf-8") == page.read_text("utf-8")

        same = person.tunedrop("drop", str(penguins), "--name", "birds", "--no-check")
        assert f"The run {run} of the same contents has a report.\nRun {run}\n" in same

    def test_doctor_finds_what_the_local_aws_has_and_calls_the_rest_unknown(
        self, person: Person
    ) -> None:
        verdicts: dict[str, list[str]] = {verdict: [] for verdict in ("ok", "problem", "unknown")}
        for line in person.tunedrop("doctor", status=1).splitlines():
            verdict, _, finding = line.partition(" ")
            verdicts.get(verdict, []).append(finding.strip())
        assert "bucket: sends its events to EventBridge" in verdicts["ok"]
        assert "image: exists, with a Docker v2 manifest" in verdicts["ok"]
        assert "admission: new runs start" in verdicts["ok"]
        quotas, role = verdicts["unknown"]
        assert quotas.startswith("quotas: ")
        assert role.startswith("roles: IAM's simulation denies StartJob's role")
        assert person.tunedrop("doctor", "--prune") == "There is no unused version.\n"

    def test_stop_ends_one_run_or_all_of_them_and_their_jobs(
        self, person: Person, tmp_path: Path
    ) -> None:
        folder = tmp_path / "slow"
        folder.mkdir()
        rows = "".join(f"{i % 17},{i % 5},{'ab'[i % 2]}\n" for i in range(300))
        (folder / "train.csv").write_text("x,z,kind\n" + rows)
        (folder / "tuning.yaml").write_text(SLOWER)
        person.tunedrop("drop", str(folder))
        watching = person.start("watch", "slow")
        jobs = person.deployment.clients.sagemaker
        eventually(
            lambda: jobs.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"],
            bool,
            60,
        )
        stopped = person.tunedrop("stop", "slow")
        assert "Stopped the execution of slow/" in stopped
        assert "Stopped 1 run and their jobs." in stopped
        out, err = watching.communicate(timeout=60)
        assert watching.returncode == 1, out + err
        assert "The run failed: " in err
        eventually(lambda: nothing_is_running(person.deployment), bool, 60)
        assert "has already ended (aborted)" in person.tunedrop("stop", "slow")
        person.tunedrop("run", "slow")  # it may wait until the end of the other one is heard of
        forced = eventually(
            lambda: json.loads(person.tunedrop("runs", "slow", "--json"))["runs"][0],
            lambda run: run["state"] == "running",
            60,
        )["run"]
        assert "Stopped 1 run and their jobs." in person.tunedrop("stop", "--all")
        assert "they are paused since" in person.tunedrop("run", "slow")
        assert "requested by arn:aws:" in person.tunedrop("runs")
        person.tunedrop("unpause")
        stopped = eventually(
            lambda: person.tunedrop("stop", "slow"), lambda said: "Stopped the ex" in said, 60
        )
        assert forced not in stopped
