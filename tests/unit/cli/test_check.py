from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from cdk_app.settings import ADMISSION_LIMITS, Settings
from tests.support.deployment import LIMITS, TABLE, Deployment
from tests.support.fakes import client_error
from tests.support.faulty_tables import patients
from tunedrop.cli.dry_run import DEFAULT_ENVIRONMENT


def test_it_shows_columns_estimators_folds_costs_and_decisions_and_writes_nothing(
    deployment: Deployment, iris: Path
) -> None:
    shown = deployment.run("check", str(iris))
    assert "iris: classification of 'species' from 2 features, 80 rows" in shown
    assert "colour   categorical  feature" in shown
    assert "0.01 to 10, log scale" in shown
    assert "Search: 3 folds." in shown
    assert "Training jobs: 10 on ml.m5.large, 2 in parallel." in shown
    assert "Expected: 1 h 20 min of machine time, $0.16." in shown
    assert "Maximum: 3 h 30 min of machine time, $0.42." in shown
    assert "- Classification, as the target is categorical." in shown
    assert "Limits: those of the stack Tunedrop in eu-west-1." in shown
    assert deployment.s3.keys() == []


def limit(deployment: Deployment, **changes: Any) -> None:
    limits = json.dumps({**LIMITS, "prices_usd_per_hour": {}, **changes})
    deployment.functions.variables["Tunedrop-PlanRun"]["TUNEDROP_LIMITS"] = limits


def test_prices_and_the_champion_are_those_of_the_bucket_else_of_awss_price_list(
    deployment: Deployment, iris: Path
) -> None:
    limit(deployment)
    assert "3 h 30 min of machine time, $0.40." in deployment.run("check", str(iris))
    assert deployment.s3.keys() == []
    time = datetime.now(UTC).isoformat()
    prices = {"answered": time, "usd_per_hour": {"ml.m5.large": 0.25}}
    deployment.put_json("prices/eu-west-1.json", prices)
    deployment.put_json("models/iris/champion.json", {"broken": True})
    shown = deployment.run("check", str(iris))
    assert "3 h 30 min of machine time, $0.88." in shown
    assert "The champion is excluded" in shown


def test_its_plan_is_the_one_that_the_drop_then_gets(deployment: Deployment, iris: Path) -> None:
    checked = json.loads(deployment.run("check", str(iris), "--json"))
    assert checked["outcome"] == "planned"
    deployment.run("drop", str(iris), "--no-check")
    [key] = [key for key in deployment.s3.keys("runs/iris/") if key.endswith("/plan.json")]
    plan = json.loads(deployment.s3.body(key))
    for part in ("task", "metric", "cross_validation", "final_test", "decisions", "warnings"):
        assert checked["plan"][part] == plan[part]
    for part in ("columns", "target", "rows", "csv"):
        assert checked["plan"]["data"][part] == plan["data"][part]
    assert [job["estimator"] for job in checked["plan"]["tuning_jobs"]] == [
        job["estimator"] for job in plan["tuning_jobs"]
    ]


@pytest.mark.parametrize(
    ("tuning", "table"),
    [
        ("targett: species\n", TABLE),
        ("training_jobs: 200\n", TABLE),
        ("", "<html><body>Not found</body></html>\n"),
    ],
)
def test_a_rejection_has_the_fields_of_failure_json(
    deployment: Deployment, iris: Path, tuning: str, table: str
) -> None:
    (iris / "tuning.yaml").write_text(tuning)
    (iris / "train.csv").write_text(table)
    rejected = json.loads(deployment.run("check", str(iris), "--json", status=2))
    assert rejected["outcome"] == "rejected"
    deployment.run("check", str(iris), status=2)
    assert deployment.err == rejected["message"] + "\n"
    deployment.run("drop", str(iris), "--no-check", "--watch", status=1)
    [key] = [key for key in deployment.s3.keys("runs/iris/") if key.endswith("/failure.json")]
    failure = json.loads(deployment.s3.body(key))
    for part in ("error", "message", "what", "where", "found", "expected", "to_do"):
        assert rejected[part] == failure[part]
    assert f"The run failed: {failure['message']}" in deployment.err


@pytest.mark.parametrize(
    ("client", "operation", "error", "reason"),
    [
        (
            "cloudformation",
            "DescribeStacks",
            NoCredentialsError(),
            ". The call to AWS failed: Unable to locate credentials",
        ),
        (
            "functions",
            "GetFunctionConfiguration",
            client_error("AccessDeniedException", 403),
            ". AWS denied this call",
        ),
    ],
)
def test_without_the_deployments_limits_it_checks_against_the_defaults_and_says_why(
    deployment: Deployment, iris: Path, client: str, operation: str, error: Exception, reason: str
) -> None:
    getattr(deployment, client).fail_next(operation, error)
    assert f"Limits: the defaults{reason}" in deployment.run("check", str(iris))


def test_the_defaults_are_those_of_the_deployments_settings() -> None:
    settings = Settings()
    # Admit and AWS apply the excluded limits.
    excluded = ADMISSION_LIMITS | {"monthly_budget_usd"}
    limits = settings.limits.model_dump(mode="json", exclude=excluded)
    defaults = vars(DEFAULT_ENVIRONMENT.limits)
    limits["prices_usd_per_hour"] = settings.prices_usd_per_hour
    assert {**defaults, "instance_types": list(defaults["instance_types"])} == {
        name: limits[name] for name in defaults
    }
    assert DEFAULT_ENVIRONMENT.spot == settings.spot
    assert vars(DEFAULT_ENVIRONMENT.report) == settings.report.model_dump()


def test_offline_it_calls_no_service_of_aws(deployment: Deployment, iris: Path) -> None:
    assert "Limits: the defaults. No call" in deployment.run("check", str(iris), "--offline")
    assert deployment.cloudformation.calls == []
    assert deployment.s3.calls == []


def test_what_is_not_there_is_wrong_usage(deployment: Deployment, iris: Path) -> None:
    deployment.run("check", "missing.csv", status=2)
    assert deployment.err == "missing.csv: there is no such file or folder.\n"
    deployment.run("check", str(iris), "--name", "a/b", status=2)
    assert "--name" in deployment.err
    Path("empty").mkdir()
    deployment.run("check", "empty", status=2)
    assert "the folder has no files" in deployment.err


def test_a_file_is_checked_with_a_configuration_from_elsewhere(
    deployment: Deployment, tmp_path: Path
) -> None:
    patients().to_parquet(tmp_path / "visits.parquet", index=False)
    (tmp_path / "other.yaml").write_text("metric: roc_auc\n")
    deployment.s3.put("datasets/visits/other.csv", "a,b\n1,2\n")  # does not count
    arguments = (str(tmp_path / "visits.parquet"), "--config", str(tmp_path / "other.yaml"))
    shown = deployment.run("check", *arguments)
    assert "metric roc_auc" in shown
    assert 'group_column: "patient"' in shown
    assert "fresh folds, with an ensemble. Held-out test set: none." in shown


def test_names_in_the_data_cannot_move_the_cursor_or_write_markup(
    deployment: Deployment, iris: Path
) -> None:
    name = "[red]\x1b[2J\x07\u202ecolour\nof it"
    quoted = f'"{name}{"x" * 10_000}"'
    (iris / "train.csv").write_text(TABLE.replace("colour", quoted))
    shown = deployment.run("check", str(iris))
    (row,) = (line for line in shown.splitlines() if "[red]" in line)
    assert row.startswith(r"[red]\x1b[2J\x07\u202ecolour\nof itxxx")
    assert max(map(len, shown.splitlines())) < 1000
    (iris / "tuning.yaml").write_text("target: nope\n")
    deployment.run("check", str(iris), status=2)
    assert "\x1b" not in shown + deployment.err
    assert "\x07" not in shown + deployment.err
