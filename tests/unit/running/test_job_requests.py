from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tests.support.service_model import violations
from tests.support.workflow_world import (
    BUCKET,
    CONFIRM_1,
    CONFIRM_JOB,
    DEPLOYMENT,
    EXECUTION,
    RUN_ID,
    TUNING_1,
    TUNING_JOB,
    estimator,
    job,
    make_plan,
    tuning_job,
)
from tunedrop.environment import Network, StartJobEnvironment
from tunedrop.running.attempts import first_settings
from tunedrop.running.job_requests import (
    AttemptRequest,
    ScoredJob,
    confirm_hyperparameters,
    confirm_request,
    metric_definitions,
    parameter_ranges,
    tuning_request,
)
from tunedrop.running.next_attempt import AttemptSettings
from tunedrop_common.plan import NumericRange, Plan

BEST = (
    ScoredJob("linear", f"{TUNING_JOB}-003-abc", 0.97, {"C": "0.1", "preprocess__dates": "ä\n"}),
    ScoredJob("hist_gradient_boosting", f"{TUNING_JOB}-001-abc", 0.9, {"max_leaf_nodes": "31"}),
)
LOCKED_DOWN = StartJobEnvironment(
    bucket=BUCKET,
    training_role_arn=DEPLOYMENT.training_role_arn,
    network=Network(("subnet-1a", "subnet-1b"), ("sg-1a",), isolation=True, encrypt_traffic=True),
    kms_key_arn="arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    tags={},
    topic=DEPLOYMENT.topic,
    quota_wait_seconds=60,
)


def tuning(plan: Plan | None = None, deployment: StartJobEnvironment = DEPLOYMENT) -> Any:
    plan = plan or make_plan()
    attempt = AttemptRequest(TUNING_1, first_settings(plan, job(TUNING_JOB)), EXECUTION)
    return tuning_request(plan, plan.tuning_jobs[0], deployment, attempt)


def confirm(plan: Plan | None = None, deployment: StartJobEnvironment = DEPLOYMENT) -> Any:
    plan = plan or make_plan()
    attempt = AttemptRequest(CONFIRM_1, first_settings(plan, job(CONFIRM_JOB)), EXECUTION)
    return confirm_request(plan, confirm_hyperparameters(BEST), deployment, attempt)


def plan_with(**changes: Any) -> Plan:
    return make_plan(tuning_jobs=[tuning_job(**changes)])


PLANS = {
    "bayesian": make_plan(),
    "random": plan_with(strategy="Random", early_stopping="Off"),
    "grid": plan_with(
        strategy="Grid",
        early_stopping="Off",
        estimator=estimator(ranges={"C": {"kind": "categorical", "values": ["1", "10"]}}),
    ),
    "hyperband": plan_with(strategy="Hyperband", early_stopping="Auto"),
    "warm started": plan_with(parents=["td-0a1b2c3d-aaaaaaaaaa-0", "td-0a1b2c3d-bbbbbbbbbb-0"]),
    "completion criteria": plan_with(
        target_objective=0.99, max_jobs_not_improving=3, stop_on_convergence=True
    ),
    "spot": make_plan(instance={"type": "ml.r5d.xlarge", "volume_gb": 30, "spot": True}),
    "odd names": make_plan(dataset="Läufe 2026 - v1.0", run_id=RUN_ID),
}


@pytest.mark.parametrize("deployment", [DEPLOYMENT, LOCKED_DOWN], ids=["open", "locked down"])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS.keys())
def test_every_request_is_what_the_service_model_allows(
    plan: Plan, deployment: StartJobEnvironment
) -> None:
    assert not violations("sagemaker", "CreateHyperParameterTuningJob", tuning(plan, deployment))
    assert not violations("sagemaker", "CreateTrainingJob", confirm(plan, deployment))


def test_a_tuning_job_gets_its_objective_limits_and_seed() -> None:
    config = tuning()["HyperParameterTuningJobConfig"]
    assert config["Strategy"] == "Bayesian"
    assert config["HyperParameterTuningJobObjective"] == {
        "Type": "Maximize",
        "MetricName": "validation:balanced_accuracy",
    }
    assert config["ResourceLimits"] == {
        "MaxNumberOfTrainingJobs": 15,
        "MaxParallelTrainingJobs": 2,
        "MaxRuntimeInSeconds": 3600,
    }
    assert config["RandomSeed"] == 7
    assert config["TrainingJobEarlyStoppingType"] == "Auto"
    assert "TuningJobCompletionCriteria" not in config
    assert "StrategyConfig" not in config


@pytest.mark.parametrize(
    ("plan", "changes"),
    [
        (
            "hyperband",
            {"StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 5}}},
        ),
        (
            "completion criteria",
            {
                "TuningJobCompletionCriteria": {
                    "TargetObjectiveMetricValue": 0.99,
                    "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3},
                    "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
                }
            },
        ),
        ("grid", {"ResourceLimits": {"MaxParallelTrainingJobs": 2, "MaxRuntimeInSeconds": 3600}}),
    ],
)
def test_a_strategy_and_criteria_to_stop_are_passed_on(plan: str, changes: dict[str, Any]) -> None:
    config = tuning(PLANS[plan])["HyperParameterTuningJobConfig"]
    assert changes.items() <= config.items()


def test_parents_make_a_warm_start_by_transfer_learning() -> None:
    warm_start = tuning(PLANS["warm started"])["WarmStartConfig"]
    assert warm_start["WarmStartType"] == "TransferLearning"
    assert len(warm_start["ParentHyperParameterTuningJobs"]) == 2


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**53), 2**53))
def test_the_limits_of_ranges_read_back_exactly(real: float, whole: int) -> None:
    ranges = {
        "alpha": NumericRange(kind="continuous", minimum=real, maximum=real),
        "depth": NumericRange(kind="integer", minimum=whole, maximum=whole),
    }
    (planned, *_) = make_plan().tuning_jobs
    written = parameter_ranges(planned.estimator.model_copy(update={"ranges": ranges}))
    (alpha,), (depth,) = written["ContinuousParameterRanges"], written["IntegerParameterRanges"]
    assert float(alpha["MinValue"]) == float(alpha["MaxValue"]) == real
    assert depth["MinValue"] == depth["MaxValue"] == str(whole)


def test_a_test_file_gets_a_channel_and_a_fraction_does_not() -> None:
    data = make_plan().data.model_dump(mode="json")
    data["test"] = {**data["train"], "uri": f"s3://{BUCKET}/inputs/iris/1a2b3c4d/test.csv"}
    with_file = make_plan(data=data, final_test={"kind": "file"})
    channels = tuning(with_file)["TrainingJobDefinition"]["InputDataConfig"]
    assert [channel["ChannelName"] for channel in channels] == ["plan", "train", "test"]
    fraction = make_plan(final_test={"kind": "fraction", "fraction": 0.2})
    assert len(confirm(fraction)["InputDataConfig"]) == 2


def test_output_goes_to_the_folder_of_the_run() -> None:
    path = f"s3://{BUCKET}/training/iris/{RUN_ID}/"
    assert confirm()["OutputDataConfig"] == {"S3OutputPath": path}
    locked = tuning(deployment=LOCKED_DOWN)["TrainingJobDefinition"]["OutputDataConfig"]
    assert locked == {"S3OutputPath": path, "KmsKeyId": LOCKED_DOWN.kms_key_arn}


@pytest.mark.parametrize("make", [confirm, lambda **k: tuning(**k)["TrainingJobDefinition"]])
def test_the_deployments_network_reaches_both_kinds_of_jobs(make: Any) -> None:
    locked, unlocked = make(deployment=LOCKED_DOWN), make()
    assert locked["VpcConfig"] == {
        "Subnets": ["subnet-1a", "subnet-1b"],
        "SecurityGroupIds": ["sg-1a"],
    }
    assert locked["EnableNetworkIsolation"] is True
    assert locked["EnableInterContainerTrafficEncryption"] is True
    assert "VpcConfig" not in unlocked
    assert unlocked["EnableNetworkIsolation"] is False


@pytest.mark.parametrize(
    ("instance_type", "has_key"),
    [
        ("ml.m5.large", True),
        ("ml.c5n.xlarge", True),
        ("ml.m7i-flex.large", True),
        ("ml.r5d.large", False),
        ("ml.g4dn.xlarge", False),
        ("ml.g5.xlarge", False),
        ("ml.p4d.24xlarge", False),
    ],
)
def test_local_disks_get_no_key_as_sagemaker_refuses_one(instance_type: str, has_key: bool) -> None:
    plan = make_plan(instance={"type": instance_type, "volume_gb": 10})
    machine = confirm(plan, LOCKED_DOWN)["ResourceConfig"]
    assert ("VolumeKmsKeyId" in machine) is has_key
    assert (machine["InstanceType"], machine["InstanceCount"]) == (instance_type, 1)


def test_an_attempts_terms_take_the_place_of_what_the_plan_says() -> None:
    plan = PLANS["spot"]
    condition = confirm(plan)["StoppingCondition"]
    assert condition["MaxWaitTimeInSeconds"] > condition["MaxRuntimeInSeconds"] == 1800
    settings = AttemptSettings("ml.m5.2xlarge", spot=False, parallel=1, warm_start=False)
    attempt = AttemptRequest(TUNING_1, settings, EXECUTION)
    request: Any = tuning_request(plan, plan.tuning_jobs[0], LOCKED_DOWN, attempt)
    definition = request["TrainingJobDefinition"]
    machine = definition["ResourceConfig"]
    assert (machine["InstanceType"], machine["VolumeSizeInGB"]) == ("ml.m5.2xlarge", 30)
    assert machine["VolumeKmsKeyId"] == LOCKED_DOWN.kms_key_arn  # the plan's type refuses one
    assert definition["EnableManagedSpotTraining"] is False
    assert "MaxWaitTimeInSeconds" not in definition["StoppingCondition"]
    limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits["MaxParallelTrainingJobs"] == 1


def test_metric_definitions_read_the_lines_that_the_container_prints() -> None:
    line = (
        "fold=3/5 validation:balanced_accuracy=0.953; validation:accuracy=-9.5e-05; "
        "fold_spread=0.0; fit_seconds=0.123; score_seconds=1e+02; folds_done=3;"
    )
    found = [
        regex.search(definition["Regex"], line) for definition in metric_definitions(make_plan())
    ]
    assert [match and match[1] for match in found] == [
        "0.953", "-9.5e-05", "0.0", "0.123", "1e+02", "3",
    ]  # fmt: skip


def test_tags_say_whose_job_it_is_and_keep_the_deployments() -> None:
    tags = {tag["Key"]: tag["Value"] for tag in tuning()["Tags"]}
    assert tags == {
        "team": "forecasting",
        "tunedrop:dataset": "iris",
        "tunedrop:run": RUN_ID,
        "tunedrop:execution": EXECUTION,
    }
    assert confirm()["Tags"] == tuning()["Tags"]
