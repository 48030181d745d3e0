"""What a finished run comes down to, for the terminal and for `--json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Summary:
    """The one JSON object of `run --json`."""

    run_id: str | None
    status: str
    report: str | None = None
    best_training_job: str | None = None
    objective: float | None = None
    hyperparameters: dict[str, Any] | None = None
    confirm: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the object with exactly the documented keys."""
        return asdict(self)


def of_results(results: dict[str, Any], run_id: str, folder: Path) -> Summary:
    """Summarize results.json of a run whose files are in `folder`."""
    return Summary(
        run_id=run_id,
        status="Succeeded",
        report=str(folder / "report.html"),
        best_training_job=results["best_training_job"],
        objective=results["objective"],
        hyperparameters=results["hyperparameters"],
        confirm=results["confirm"],
    )


def lines(results: dict[str, Any], folder: Path) -> list[str]:
    """Say how a run ended: the verdict, the best hyperparameters, where everything is."""
    metric = results["metric"]
    name = metric["objective"] if isinstance(metric, dict) else metric
    said = [f"Verdict: {results['verdict']}. {results['sentence']}"]
    if results["objective"] is not None:
        said.append(f"Best {name} in tuning: {results['objective']:.6g}")
        said.append(f"Best hyperparameters ({results['estimator']}):")
        said += [f"  {key} = {value}" for key, value in sorted(results["hyperparameters"].items())]
    said += [f"Warning: {warning}" for warning in results["warnings"]]
    said.append(f"Report: {folder / 'report.html'}")
    if (folder / "model.tar.gz").is_file():
        said.append(f"Model: {folder / 'model.tar.gz'}")
    return said
