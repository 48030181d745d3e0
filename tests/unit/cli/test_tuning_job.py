from __future__ import annotations

import base64
import json
import re
import zlib
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.deployment import Deployment
from tests.support.fake_sagemaker import CREATED, WorkflowSageMaker, over, training_job, whole
from tests.support.fakes import client_error
from tunedrop.cli.errors import CommandError
from tunedrop.cli.tuning_job_search import read_search
from tunedrop_common.plan import CategoricalRange, NumericRange

RANGES = {
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "1e-3", "MaxValue": "1.0", "ScalingType": "Logarithmic"}
    ],
    "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "10"}],
    "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "<b>dart"]}],
}
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


class SearchableSageMaker(WorkflowSageMaker):
    """SageMaker with the Search operation, in pages as small as the listings'."""

    def __init__(self) -> None:
        super().__init__()
        self.meta = SimpleNamespace(region_name="eu-west-1")

    def search(self, **parameters: Any) -> dict[str, Any]:
        self._begin("Search", parameters)
        [condition] = parameters["SearchExpression"]["Filters"]
        found = [
            {"TrainingJob": whole(job, TrainingTimeInSeconds=30, BillableTimeInSeconds=12)}
            for name, jobs in self.trained.items()
            for job in jobs
            if self.tuning_jobs[name]["HyperParameterTuningJobArn"] == condition["Value"]
        ]
        return self._page("Results", found, parameters)


def definition(**changes: Any) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
        "StaticHyperParameters": {"_tuning_objective_metric": "validation:rmse", "seed": "1"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **changes,
    }


def describe(name: str = "forecast-1", **changes: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobArn": f"arn:aws:sagemaker:eu-west-1:1:tuning/{name}",
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": CREATED,
        "HyperParameterTuningEndTime": CREATED + timedelta(hours=1),
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": RANGES,
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
        },
        "TrainingJobDefinition": definition(),
        **changes,
    }


def jobs(*objectives: float | None, **more: Any) -> list[dict[str, Any]]:
    return [
        training_job(
            f"forecast-1-{n:03d}",
            value,
            minute=n,
            status="Failed" if value is None else "Completed",
            reason="It broke <script>" if value is None else "",
            eta=str(0.01 * (n + 1)),
            max_depth=str(2 + n % 5),
            booster="gbtree",
        )
        | {"TrainingStartTime": CREATED + timedelta(minutes=n)}
        | {"TrainingEndTime": CREATED + timedelta(minutes=n, seconds=30)}
        | more
        for n, value in enumerate(objectives)
    ]


@pytest.fixture
def sagemaker(deployment: Deployment) -> SearchableSageMaker:
    made = SearchableSageMaker()
    deployment.sagemaker = made
    made.tuning_jobs["forecast-1"] = describe()
    made.trained["forecast-1"] = jobs(0.5, 0.25, None, 0.75, 0.3)
    return made


def read(sagemaker: SearchableSageMaker, name: str = "forecast-1") -> Any:
    client: Any = sagemaker
    return read_search(client, name)


def test_a_minimized_objective_has_its_smallest_value_as_the_best(
    sagemaker: SearchableSageMaker,
) -> None:
    search = read(sagemaker)
    assert (search.metric, search.direction) == ("validation:rmse", "Minimize")
    assert (search.best_training_job, search.objective) == ("forecast-1-001", 0.25)
    assert search.hyperparameters == {"eta": "0.02", "max_depth": "3", "booster": "gbtree"}


def test_ranges_limits_machine_and_seconds_are_what_sagemaker_says(
    sagemaker: SearchableSageMaker,
) -> None:
    search = read(sagemaker)
    [tuning_job] = search.tuning_jobs
    assert tuning_job.estimator.key == "sagemaker-xgboost"
    assert tuning_job.estimator.fixed == {"seed": "1"}
    assert tuning_job.estimator.ranges == {
        "eta": NumericRange(kind="continuous", minimum=0.001, maximum=1.0, scaling="Logarithmic"),
        "max_depth": NumericRange(kind="integer", minimum=2, maximum=10),
        "booster": CategoricalRange(kind="categorical", values=("gbtree", "<b>dart")),
    }
    assert (tuning_job.max_training_jobs, tuning_job.early_stopping) == (20, "Off")
    assert search.cost is not None
    assert (search.cost.instance_type, search.cost.billable_seconds) == ("ml.m5.large", 60)
    assert search.cost.usd is None


def test_tuning_jobs_of_ours_are_named_by_their_estimator(sagemaker: SearchableSageMaker) -> None:
    static = sagemaker.tuning_jobs["forecast-1"]["TrainingJobDefinition"]["StaticHyperParameters"]
    static["tunedrop_estimator"] = "linear"
    assert read(sagemaker).estimator == "linear"


def test_several_definitions_are_estimators_side_by_side(sagemaker: SearchableSageMaker) -> None:
    described = describe()
    objective = described["HyperParameterTuningJobConfig"].pop("HyperParameterTuningJobObjective")
    del described["TrainingJobDefinition"]
    del described["HyperParameterTuningJobConfig"]["ParameterRanges"]
    described["TrainingJobDefinitions"] = [
        definition(DefinitionName=name, TuningObjective=objective, HyperParameterRanges=RANGES)
        for name in ("trees", "lines")
    ]
    sagemaker.tuning_jobs["forecast-1"] = described
    sagemaker.trained["forecast-1"] = [
        *jobs(0.5, 0.4, TrainingJobDefinitionName="trees"),
        *jobs(0.3, TrainingJobDefinitionName="lines"),
    ]
    search = read(sagemaker)
    assert [job.estimator.key for job in search.tuning_jobs] == ["trees", "lines"]
    assert sorted(job.estimator for job in search.training_jobs) == ["lines", "trees", "trees"]
    assert search.estimator == "lines"
    assert [set(job.estimator.ranges) for job in search.tuning_jobs] == [
        {"eta", "max_depth", "booster"}
    ] * 2
    described["TrainingJobDefinitions"][1]["TuningObjective"] = {**objective, "Type": "Maximize"}
    with pytest.raises(CommandError, match="have not one objective"):
        read(sagemaker)


def test_parents_of_a_warm_start_are_read_and_one_that_is_gone_is_left_out(
    sagemaker: SearchableSageMaker,
) -> None:
    parents = [{"HyperParameterTuningJobName": name} for name in ("forecast-0", "gone")]
    sagemaker.tuning_jobs["forecast-1"]["WarmStartConfig"] = {
        "ParentHyperParameterTuningJobs": parents,
        "WarmStartType": "TransferLearning",
    }
    sagemaker.tuning_jobs["forecast-0"] = describe("forecast-0")
    sagemaker.trained["forecast-0"] = jobs(0.9, 0.8)
    search = read(sagemaker)
    assert [job.objective for job in search.parent_training_jobs] == [0.9, 0.8]
    assert search.tuning_jobs[0].parents == ("forecast-0", "gone")


def test_the_calls_are_one_for_the_tuning_job_and_one_for_each_page_of_training_jobs(
    sagemaker: SearchableSageMaker,
) -> None:
    trained = jobs(*[0.5] * 250)
    for job in trained:
        job["FinalHyperParameterTuningJobObjectiveMetric"]["MetricName"] = "validation:rmse"
    sagemaker.trained["forecast-1"] = trained
    sagemaker.tuning_jobs["forecast-1"] |= over(trained)
    assert len(read(sagemaker).training_jobs) == 250
    counts = {name: len(sagemaker.calls_of(name)) for name, _ in sagemaker.calls}
    assert counts == {"DescribeHyperParameterTuningJob": 1, "Search": 3}


def test_a_tuning_job_that_still_runs_is_listed(sagemaker: SearchableSageMaker) -> None:
    running = jobs(0.5) + jobs(None, TrainingJobStatus="InProgress", TrainingJobName="forecast-x")
    sagemaker.trained["forecast-1"] = running
    sagemaker.tuning_jobs["forecast-1"] |= over(running)
    assert [job.status for job in read(sagemaker).training_jobs] == ["Completed", "InProgress"]
    assert len(sagemaker.calls_of("ListTrainingJobsForHyperParameterTuningJob")) == 1


def test_the_command_writes_a_page_that_needs_no_deployment(
    deployment: Deployment, sagemaker: SearchableSageMaker
) -> None:
    deployment.cloudformation.stacks.clear()
    shown = deployment.run("report", "--tuning-job", "forecast-1")
    assert shown.splitlines()[-1] == "tunedrop-runs/forecast-1.html"
    page = Path("tunedrop-runs/forecast-1.html").read_text("utf-8")
    assert "<title>forecast-1" in page
    assert "There was no Confirm" in page
    assert "<script>It" not in page
    assert "It broke &lt;script&gt;" in page
    found = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data = json.loads(zlib.decompress(base64.b64decode(found[1])))
    assert data["sign"] == -1
    assert {"chart-time", "chart-0-0", "chart-0-1", "chart-0-2"} <= set(data["charts"])


def test_a_tuning_job_without_a_training_job_or_an_objective_has_a_page_too(
    deployment: Deployment, sagemaker: SearchableSageMaker
) -> None:
    for trained in ([], jobs(None, None)):
        sagemaker.trained["forecast-1"] = trained
        deployment.run("report", "--tuning-job", "forecast-1", "--output", "it.html")
        assert Path("it.html").stat().st_size > 10_000


def test_a_tuning_job_that_is_not_there_is_named(
    deployment: Deployment, sagemaker: SearchableSageMaker
) -> None:
    deployment.run("report", "--tuning-job", "nope", status=1)
    assert "SageMaker has no tuning job 'nope' in eu-west-1." in deployment.err
    sagemaker.fail_next(
        "DescribeHyperParameterTuningJob", client_error("AccessDeniedException", 403, "not you")
    )
    deployment.run("report", "--tuning-job", "forecast-1", status=1)
    assert "not you. Ask the people who run this deployment" in deployment.err


def test_a_run_and_a_tuning_job_exclude_each_other(deployment: Deployment) -> None:
    deployment.run("report", "iris", "--tuning-job", "forecast-1", status=2)
    assert "--tuning-job is instead of a run" in deployment.err
