"""Deploys a stack of its own, tunes an example, predicts, and deletes it all: `make smoke-test`.

It needs credentials of an account with the CDK's bootstrap, half an hour and about a dollar. Every
step prints how long it took.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.image_test import DATASET, ROOT, StepFailed
from tools.prepare_account import main as prepare_account
from tunedrop.report.results import Results
from tunedrop.wording import duration, money

TABLE = DATASET / "train.csv"
TARGET = "species"
NAME = "smoke-test"
TUNING = f"target: {TARGET}\nestimators: [linear]\ntraining_jobs: 10\nfolds: 3\n"
# One row in so many is predicted. The example is easy: fewer right ones are a fault.
EVERY = 10
LEAST_RIGHT = 0.9
FAILURES = (subprocess.CalledProcessError, ClientError, BotoCoreError, StepFailed)
# The bucket is made for the test and deleted after it, and no mail is sent.
OWN_SETTINGS = {"bucket_name": None, "existing_bucket": None, "notification_email": None}


def main(arguments: list[str] | None = None) -> int:
    """Run the test; return the exit status."""
    parser = argparse.ArgumentParser(prog="make smoke-test", description=__doc__)
    parser.add_argument(
        "--settings", type=json.loads, default={}, help="over those of cdk.json, as JSON"
    )
    parser.add_argument("--keep", action="store_true", help="leave the stack and its bucket")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="smoke-test-") as folder:
        test = SmokeTest(Path(folder), options.settings)
        try:
            with test.failing_in_words():
                test.deploy()
                test.tune()
                test.predict()
        finally:
            if options.keep:
                setting = json.dumps({"stack_name": test.stack})
                print(f"Delete it by make destroy SETTINGS='{setting}', and then {test.bucket}.")
            else:
                with test.failing_in_words():
                    test.destroy()
    print("\n".join(f"{name}: {duration(seconds)}" for name, seconds in test.seconds.items()))
    print(f"The smoke test {'FAILED' if test.failed else 'passed'}.")
    return int(test.failed)


@dataclass
class SmokeTest:
    """One stack, from its deployment to its end.

    Parameters
    ----------
    folder
        Of this machine, for the cloud assembly and the run's files.
    settings
        Of the user, on top of those of cdk.json.
    """

    folder: Path
    settings: dict[str, Any]
    stack: str = field(default_factory=lambda: f"TunedropSmokeTest-{secrets.token_hex(4)}")
    seconds: dict[str, float] = field(default_factory=dict)
    bucket: str = ""
    failed: bool = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Print what begins, and measure it."""
        print(f"--- {name} ({self.stack})", flush=True)
        started = time.monotonic()
        self.seconds[name] = 0.0
        try:
            yield
        finally:
            self.seconds[name] = time.monotonic() - started

    @contextmanager
    def failing_in_words(self) -> Iterator[None]:
        """Print the step that failed, and go on."""
        try:
            yield
        except FAILURES as error:
            self.failed = True
            print(f"FAILED: {list(self.seconds)[-1]}: {error}", file=sys.stderr, flush=True)

    def deploy(self) -> None:
        """Deploy the stack as `make deploy` does."""
        settings = json.dumps({**self.settings, **OWN_SETTINGS, "stack_name": self.stack})
        with self.step("deploy"):
            if prepare_account(["--settings", settings]):
                raise StepFailed("The account cannot be prepared.")
            context = ["--context", f"tunedrop={settings}", "--output", f"{self.folder}/cdk.out"]
            _run(*_CDK, "deploy", *context, "--require-approval", "never")
            stacks = boto3.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
            outputs = {item["OutputKey"]: item["OutputValue"] for item in stacks[0]["Outputs"]}
            self.bucket = outputs["Bucket"]

    def tune(self) -> None:
        """Drop the example, wait for the report and fetch it."""
        config = self.folder / "tuning.yaml"
        config.write_text(TUNING, "utf-8")
        with self.step("tune"):
            options = ["--name", NAME, "--config", str(config), "--stack", self.stack]
            _run(*_TUNEDROP, "drop", str(TABLE), *options, "--fetch", f"{self.folder}/run")
            results = (self.folder / "run/results.json").read_bytes()
            if (cost := Results.model_validate_json(results).cost) is not None:
                usd = "an unknown price" if cost.usd is None else money(cost.usd)
                print(f"SageMaker bills {duration(cost.billable_seconds)} of training: {usd}.")

    def predict(self) -> None:
        """Drop rows of the example, and compare their predictions with what they are."""
        header, *lines = TABLE.read_text("utf-8").splitlines()
        rows, answer = self.folder / "rows.csv", self.folder / "predictions.csv"
        rows.write_text("\n".join([header, *lines[::EVERY]]), "utf-8")
        with self.step("predict"):
            options = ["--output", str(answer), "--stack", self.stack]
            _run(*_TUNEDROP, "predict", NAME, str(rows), *options)
            with answer.open(encoding="utf-8", newline="") as file:
                pairs = [(row[TARGET], row["prediction"]) for row in csv.DictReader(file)]
            right = sum(actual == predicted for actual, predicted in pairs)
            print(f"{right} of {len(pairs)} predictions are right.")
            if len(pairs) != len(lines[::EVERY]) or right < LEAST_RIGHT * len(pairs):
                raise StepFailed(f"The species and their predictions are {pairs}.")

    def destroy(self) -> None:
        """Stop what runs, delete the stack, and then the bucket that it leaves."""
        with self.step("destroy"):
            if self.bucket:
                with self.failing_in_words():
                    _run(*_TUNEDROP, "stop", "--all", "--stack", self.stack)
            if (self.folder / "cdk.out/manifest.json").is_file():
                _run(*_CDK, "destroy", "--app", f"{self.folder}/cdk.out", "--force")
            if self.bucket:
                bucket = boto3.resource("s3").Bucket(self.bucket)
                bucket.object_versions.delete()
                bucket.delete()


_CDK = ("node_modules/.bin/cdk",)
_TUNEDROP = (sys.executable, "-m", "tunedrop")


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, env=os.environ, check=True)  # noqa: S603 - ours


if __name__ == "__main__":
    sys.exit(main())
