"""Drops a dataset on a local AWS as a user does, and prints the seconds until its files are here.

`drop_to_report.py WORKSPACE DATASET OUTPUT`: DATASET is a folder with train.csv and tuning.yaml,
OUTPUT gets the run's files, and seconds.txt. The loss is of the selected model on test.csv.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

SMALL = Path(__file__).parents[2] / "examples/penguins/train.csv"
WARM_UP = "target: species\nestimators: [linear]\ntraining_jobs: 10\n"


def main() -> None:
    """Run a small dataset, which starts the Lambdas, and then the dataset."""
    dataset, output = (Path(argument) for argument in sys.argv[2:4])
    call("up")
    try:
        with tempfile.TemporaryDirectory(prefix="warm-up-") as folder:
            config = Path(folder, "tuning.yaml")
            config.write_text(WARM_UP, "utf-8")
            call("run", str(SMALL), "--config", str(config), "--output", f"{folder}/run")
        started = time.perf_counter()
        call("run", str(dataset), "--name", output.name, "--output", str(output))
        seconds = time.perf_counter() - started
    finally:
        call("down")
    (output / "seconds.txt").write_text(f"{seconds:.1f}")
    results = json.loads((output / "results.json").read_text("utf-8"))
    created, ended = (
        datetime.fromisoformat(results["confirm_job"][key]) for key in ("created", "ended")
    )
    numbers = {"seconds": seconds, "score": results["objective"]}
    numbers["confirm_seconds"] = (ended - created).total_seconds()
    for contender in results["confirm"]["contenders"]:
        if contender["name"] == results["selected"] and contender["test_score"] is not None:
            numbers["loss"] = -contender["test_score"]
    print(json.dumps(numbers))


def call(*arguments: str) -> None:
    """Run a command of the local AWS."""
    command = [sys.executable, "-m", "local_aws", "--root", sys.argv[1], *arguments]
    subprocess.run(command, check=True)  # noqa: S603 - our own program


if __name__ == "__main__":
    main()
