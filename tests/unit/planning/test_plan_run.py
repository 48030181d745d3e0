import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.damage import damages
from tests.support.fakes import client_error
from tests.support.planning import DIABETES, ENVIRONMENT, IRIS, World, admitted
from tests.support.plans import champion
from tunedrop import __version__
from tunedrop.champions.record import promote
from tunedrop.errors import (
    DatasetError,
    LimitError,
    TransientAwsError,
    TuningConfigError,
    UnreadableState,
    UserInputError,
)
from tunedrop.storage import Bucket
from tunedrop_common.plan import FallbackInstance, Plan


@pytest.fixture
def world() -> World:
    return World()


def test_a_dataset_without_a_word_about_it_is_planned(world: World) -> None:
    answer = world.run(world.drop("iris/train.csv", IRIS))
    plan = world.plan(answer)
    assert plan.run_id.startswith("20261123T120000Z-")
    assert (plan.task, plan.data.target, plan.metric.objective) == (
        "classification",
        "target",
        "balanced_accuracy",
    )
    assert (plan.data.rows, plan.data.is_complete) == (150, True)
    assert [job.estimator.key for job in plan.tuning_jobs] == ["hist_gradient_boosting", "linear"]
    for job in plan.tuning_jobs:
        assert (job.max_training_jobs, job.max_parallel_training_jobs) == (30, 2)
        assert (job.strategy, job.early_stopping) == ("Bayesian", "Off")
        assert len(job.name) <= 32
    assert plan.cross_validation.folds == 5
    assert plan.cross_validation.stratified
    assert plan.final_test.kind == "none"
    assert plan.confirm.folds * plan.confirm.repeats == 20
    assert len(plan.decisions) >= 6
    assert answer["tuning_jobs"] == [
        {**answer["run"], "job": job.name, "kind": "tuning"} for job in plan.tuning_jobs
    ]
    assert answer["confirm"] == {**answer["run"], "job": plan.confirm.name, "kind": "confirm"}
    assert answer["parallel_tuning_jobs"] == 2
    assert json.loads(json.dumps(answer)) == answer
    copied = plan.data.train.uri.removeprefix("s3://bucket/") + plan.data.train.files[0]
    assert world.s3.body(copied) == IRIS.encode()


def test_features_are_what_they_are_in_rows_with_a_target(world: World) -> None:
    rows = "".join(
        f"{i},{i % 7},{'' if i % 3 else i},{'abc'[i % 3] if i % 3 else ''}\n" for i in range(90)
    )
    plan = world.plan(world.run(world.drop("iris/train.csv", "row,size,late,kind\n" + rows)))
    columns = {column.name: column for column in plan.data.columns}
    assert columns["row"].role == "ignored"  # it counts all rows, not those with a target
    assert columns["late"].reason == "it has no values"
    assert columns["size"].role == "feature"
    assert plan.data.labels == ("b", "c")


def test_tuning_yaml_names_the_kinds_of_columns(world: World) -> None:
    rows = "".join(f"{1000 + i % 9},{i},{i % 2}\n" for i in range(60))
    world.drop("iris/tuning.yaml", "column_kinds: {zip: categorical}\n")
    plan = world.plan(world.run(world.drop("iris/train.csv", "zip,size,y\n" + rows)))
    zip_code = next(column for column in plan.data.columns if column.name == "zip")
    assert (zip_code.kind, zip_code.distinct) == ("categorical", 9)
    assert plan.data.labels == (0, 1)


@pytest.mark.parametrize(
    ("yaml", "message"), [("{town: text}", "no column 'town'"), ("{size: datetime}", "as dates")]
)
def test_kinds_that_cannot_be_are_rejected(world: World, yaml: str, message: str) -> None:
    world.drop("iris/tuning.yaml", f"column_kinds: {yaml}\n")
    body = "size,y\n" + "".join(f"much {i},{i % 2}\n" for i in range(60))
    with pytest.raises(UserInputError, match=message):
        world.run(world.drop("iris/train.csv", body))


def test_a_plan_has_its_fallback_instances_its_prices_and_what_it_may_cost(world: World) -> None:
    plan = world.plan(world.run(world.drop("iris/train.csv", IRIS)))
    assert plan.fallback_instances == (FallbackInstance(type="ml.m5.xlarge", spot=False),)
    assert plan.cost is not None
    # one price is the settings', the other the price list's
    assert plan.cost.usd_per_hour == {"ml.m5.large": 0.115, "ml.m5.xlarge": 0.23}
    assert plan.cost.expected_usd == pytest.approx(19_800 / 3600 * 0.115, abs=1e-4)
    assert plan.cost.max_usd == pytest.approx(plan.cost.max_seconds / 3600 * 0.23)
    assert any("AWS's price list for eu-west-1" in decision for decision in plan.decisions)
    assert plan.warnings == ()


def test_a_cost_limit_without_a_price_warns_and_the_run_is_planned(world: World) -> None:
    limits = replace(ENVIRONMENT.limits, prices_usd_per_hour={}, max_cost_usd=1.0)
    world.environment = replace(ENVIRONMENT, limits=limits, spot=True)
    world.pricing.fail_next("GetProducts", client_error("AccessDeniedException"))
    plan = world.plan(world.run(world.drop("iris/train.csv", IRIS)))
    assert plan.cost is not None
    assert (plan.cost.expected_usd, plan.cost.max_usd) == (None, None)
    assert any("max_cost_usd) could not be applied" in warning for warning in plan.warnings)
    assert [(instance.type, instance.spot) for instance in plan.fallback_instances] == [
        ("ml.m5.xlarge", True),
        ("ml.m5.xlarge", False),
    ]


def test_a_regression_gets_other_defaults(world: World) -> None:
    plan = world.plan(world.run(world.drop("diabetes.csv", DIABETES)))
    assert (plan.task, plan.metric.objective) == ("regression", "r2")
    assert not plan.cross_validation.stratified
    assert plan.tuning_jobs[1].estimator.class_path == "sklearn.linear_model.Ridge"


def test_tuning_yaml_decides_what_it_names(world: World) -> None:
    world.drop("iris/train.csv", IRIS)
    yaml = (
        "metric: accuracy\nestimators: [svm]\nstrategy: random\ntraining_jobs: 12\nfolds: 3\n"
        "ignore_columns: ['petal width (cm)']\nmax_runtime: 1h\nseed: 5\n"
        "convergence: {jobs_without_improvement: 4}\n"
    )
    plan = world.plan(world.run(world.drop("iris/tuning.yaml", yaml)))
    (job,) = plan.tuning_jobs
    assert (job.estimator.key, job.strategy, job.max_training_jobs) == ("svm", "Random", 12)
    assert (job.max_runtime_seconds, job.max_jobs_not_improving) == (3600, 4)
    assert (plan.metric.objective, plan.cross_validation.folds, plan.seed) == ("accuracy", 3, 5)
    assert job.estimator.fixed["random_state"] == "5"
    roles = {column.name: column.role for column in plan.data.columns}
    assert roles["petal width (cm)"] == "ignored"
    assert not [d for d in plan.decisions if "default" in d and "nstance" not in d]


@pytest.mark.parametrize(
    "yaml",
    [
        "strategy: grid\nestimators: {linear: {ranges: {C: [1]}}}",
        "estimators: {linear: {ranges: {C: [1], tol: {min: 1, max: 2}}}}",
    ],
)
def test_a_list_of_one_value_is_planned_in_a_grid_or_beside_a_range(
    world: World, yaml: str
) -> None:
    world.drop("iris/train.csv", IRIS)
    assert world.plan(world.run(world.drop("iris/tuning.yaml", yaml))).warnings == ()


def test_equal_seeds_search_alike_and_other_runs_differ(world: World) -> None:
    def seeds(text: str) -> tuple[int, int]:
        world.clock.advance(1000)
        plan = world.plan(world.run(world.drop("iris/tuning.yaml", text), f"{world.clock.time}"))
        return plan.tuning_jobs[0].random_seed, plan.confirm.seed

    world.drop("iris/train.csv", IRIS)
    assert seeds("seed: 3") == seeds("seed: 3 # again")
    assert seeds("") != seeds("")


def test_a_plan_that_is_there_is_kept(world: World) -> None:
    world.drop("iris/train.csv", IRIS)
    run = admitted(world.s3, "iris", "execution-1")
    first = world.plan_again(run)
    objects = {key: list(versions) for key, versions in world.s3.versions.items()}
    world.drop("iris/tuning.yaml", "folds: 3")
    world.clock.advance(600)
    assert world.plan_again(run) == first
    changed = {k for k, v in world.s3.versions.items() if objects.get(k) != v}
    assert changed == {"datasets/iris/tuning.yaml"}


def test_a_plan_keeps_the_image_and_the_release_that_it_was_made_with(world: World) -> None:
    event = world.drop("iris/train.csv", IRIS)
    plan = world.plan(world.run(event))
    assert (plan.image, plan.release) == (ENVIRONMENT.training_image, __version__)
    world.deploy("registry/tunedrop:newer")
    assert world.plan(world.run(event)) == plan
    changed = world.drop("iris/tuning.yaml", "folds: 3")
    later = world.plan(world.run(changed, execution="execution-2"))
    assert later.image == "registry/tunedrop:newer"


def test_killed_at_any_call_it_ends_with_the_same_plan_when_retried() -> None:
    reference = World()
    reference.drop("iris/train.csv", IRIS)
    claimed = admitted(reference.s3, "iris", "execution-1")
    before_plan = len(reference.s3.calls)
    expected = reference.plan(reference.plan_again(claimed))
    calls = reference.s3.calls[before_plan:]
    for number, (operation, _) in enumerate(calls):
        world = World()
        world.drop("iris/train.csv", IRIS)
        run = admitted(world.s3, "iris", "execution-1")
        before = sum(name == operation for name, _ in calls[:number])
        world.s3.fail_next(operation, *[None] * before, client_error("InternalError", 500))
        with pytest.raises(TransientAwsError):
            world.plan_again(run)
        assert world.plan(world.plan_again(run)) == expected
        written = [v for k, v in world.s3.versions.items() if k.startswith("runs/")]
        assert all(len(versions) == 1 for versions in written)


@pytest.mark.parametrize(
    ("files", "error", "message"),
    [
        ({"train.csv": b"\0\1\2\3" * 50}, DatasetError, "not text"),
        ({"train.csv": IRIS, "tuning.yaml": "targett: x"}, TuningConfigError, "line 1"),
        ({"train.csv": IRIS, "tuning.yaml": "target: species"}, DatasetError, "'species'"),
        ({"train.csv": IRIS, "tuning.yaml": "ignore_columns: [x]"}, DatasetError, "'x'"),
        (
            {"train.csv": IRIS, "tuning.yaml": "ignore_columns: [target]"},
            TuningConfigError,
            "cannot be ignored",
        ),
        ({"train.csv": IRIS, "tuning.yaml": "training_jobs: 500"}, LimitError, "at most 200"),
        (
            {"train.csv": IRIS, "tuning.yaml": "estimators: [svm]\nmetric: neg_log_loss"},
            TuningConfigError,
            "svm cannot be scored by neg_log_loss",
        ),
        (
            {"train.csv": "a;y\n" + "1.5;x\n2.5;z\n" * 9, "test.csv": "a;y\n1,5;x\n2,5;z\n"},
            DatasetError,
            r"another format .*decimal=',' .*; expected .*decimal='\.'",
        ),
        (
            {"train.csv": "a,y\n" + "".join(f"{i**2},x\n" for i in range(20)) + "7,z\n"},
            DatasetError,
            "Only one class of the target 'y'.*second largest with 1 rows",
        ),
        (
            {
                "train.csv": "a,y\n" + "".join(f"{i**2},x\n" for i in range(20)) + "7,z\n8,z\n",
                "tuning.yaml": "test_fraction: 0.2",
            },
            DatasetError,
            "at least 3 rows each",
        ),
        ({"a.csv": IRIS, "b.csv": IRIS}, DatasetError, "training data is ambiguous"),
        ({"train.csv": "a,y\n" + "1,x\n1,z\n" * 20}, DatasetError, "no feature"),
    ],
)
def test_bad_input_fails_before_it_costs_anything(
    world: World, files: dict[str, str | bytes], error: type[UserInputError], message: str
) -> None:
    for name, body in files.items():
        world.clock.advance(1)
        event = world.drop(f"iris/{name}", body)
    with pytest.raises(error, match=message):
        world.run(event)
    (key,) = world.s3.keys("runs/")
    assert key.endswith("/run.json")
    assert world.s3.keys("inputs/") == []
    with pytest.raises(error, match=message):
        world.run(event)


def test_a_dataset_beyond_the_limit_is_refused(world: World) -> None:
    limits = replace(ENVIRONMENT.limits, max_dataset_bytes=100)
    world.environment = replace(ENVIRONMENT, limits=limits)
    with pytest.raises(LimitError, match="larger than this deployment allows"):
        world.run(world.drop("iris/train.csv", IRIS))


def next_plan(world: World, yaml: str = "") -> Plan:
    world.clock.advance(1000)
    return world.plan(world.run(world.drop("iris/tuning.yaml", yaml), f"{world.clock.time}"))


def test_tuning_starts_from_up_to_five_earlier_ones(world: World) -> None:
    world.drop("iris/train.csv", IRIS)
    names = []
    for _ in range(6):
        plan = next_plan(world)
        world.finish(plan)
        names.append(plan.tuning_jobs[0].name)
    assert next_plan(world).tuning_jobs[0].parents == tuple(reversed(names[1:]))


@pytest.mark.parametrize(
    "yaml",
    [
        "warm_start: off",
        "metric: accuracy",
        "strategy: grid\nestimators: {linear: {ranges: {C: [1, 2], class_weight: [null]}}}",
        "strategy: hyperband",
        "estimators: {linear: {ranges: {C: {min: 1, max: 2}}}}",
        "estimators: {linear: {ranges: {C: [1, 2], class_weight: [null, balanced]}}}",
        "estimators: {linear: {fixed: {tol: 0.001}}}",
        "estimators: [svm]",
    ],
)
def test_what_sagemaker_could_not_start_from_is_no_parent(world: World, yaml: str) -> None:
    world.drop("iris/train.csv", IRIS)
    world.finish(next_plan(world))
    assert all(job.parents == () for job in next_plan(world, yaml).tuning_jobs)


@pytest.mark.parametrize(
    ("succeeded", "status", "is_parent"),
    [(0, "Completed", False), (3, "Stopped", True), (3, "InProgress", False), (3, "Failed", False)],
)
def test_a_parent_is_over_and_has_results(
    world: World, succeeded: int, status: str, is_parent: bool
) -> None:
    world.drop("iris/train.csv", IRIS)
    world.finish(next_plan(world), succeeded, status)
    assert bool(next_plan(world).tuning_jobs[0].parents) == is_parent


def test_a_parent_is_the_attempt_that_counts_and_named_once(world: World) -> None:
    world.drop("iris/train.csv", IRIS)
    first = next_plan(world)
    world.finish(first)  # under the job's own name: an attempt that brought nothing
    name = f"{first.tuning_jobs[0].name}-2"
    world.s3.put(f"runs/{first.dataset}/{first.run_id}/jobs/{name}.request.json", "{}")
    assert next_plan(world).tuning_jobs[0].parents == ()
    world.sagemaker.tuning_jobs[name] = {
        **world.sagemaker.tuning_jobs[first.tuning_jobs[0].name],
        "HyperParameterTuningJobName": name,
    }
    resumed = next_plan(world)
    assert resumed.tuning_jobs[0].parents == (name,)
    jobs = [job.model_copy(update={"finished_job": name}) for job in resumed.tuning_jobs]
    taken_over = resumed.model_copy(update={"tuning_jobs": tuple(jobs)})
    key = f"runs/{resumed.dataset}/{resumed.run_id}/plan.json"
    world.s3.put(key, taken_over.model_dump_json())
    assert next_plan(world).tuning_jobs[0].parents == (name,)


def test_a_tuning_job_that_sagemaker_forgot_is_no_parent(world: World) -> None:
    world.drop("iris/train.csv", IRIS)
    next_plan(world)
    assert next_plan(world).tuning_jobs[0].parents == ()


def test_the_champion_is_among_the_contenders(world: World) -> None:
    world.drop("iris/train.csv", IRIS)
    first = next_plan(world)
    world.promote(first)
    champion = next_plan(world).confirm.champion
    assert champion is not None
    assert (champion.run_id, champion.hyperparameters) == (first.run_id, {"C": "2.5"})


def test_a_champion_that_is_an_ensemble_brings_its_members(world: World) -> None:
    world.drop("iris/train.csv", IRIS)
    first = next_plan(world)
    members = [
        {"estimator": job.estimator.model_dump(mode="json"), "hyperparameters": {}}
        for job in first.tuning_jobs
    ]
    world.promote(first, members=members)
    champion = next_plan(world).confirm.champion
    assert champion is not None
    keys = [member.estimator.key for member in champion.members]
    assert keys == ["hist_gradient_boosting", "linear"]


@pytest.mark.parametrize(
    "yaml",
    ["metric: accuracy", "target: petal length (cm)", "ignore_columns: [petal width (cm)]"],
)
def test_a_champion_of_something_else_is_left_out_and_that_is_said(world: World, yaml: str) -> None:
    world.drop("iris/train.csv", IRIS)
    world.promote(next_plan(world))
    plan = next_plan(world, yaml)
    assert plan.confirm.champion is None
    assert "is excluded" in plan.confirm.champion_decision


@damages
def test_a_champion_that_cannot_be_read_is_left_out_in_the_words_of_the_report(
    world: World, body: bytes
) -> None:
    world.drop("iris/train.csv", IRIS)
    world.s3.put("models/iris/champion.json", body)
    plan = next_plan(world)
    assert plan.confirm.champion is None
    client: Any = world.s3
    with pytest.raises(UnreadableState) as raised:
        promote(Bucket(client, "bucket"), champion())
    assert plan.confirm.champion_decision == f"The champion is excluded: {raised.value}"


@damages
def test_a_plan_that_cannot_be_read_is_no_parent_and_harms_no_later_plan(
    world: World, body: bytes
) -> None:
    world.drop("iris/train.csv", IRIS)
    first = next_plan(world)
    world.finish(first)
    assert next_plan(world).tuning_jobs[0].parents
    world.s3.put(f"runs/iris/{first.run_id}/plan.json", body)
    assert next_plan(world).tuning_jobs[0].parents == ()


def test_nothing_of_the_data_is_logged_but_names_of_columns(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "colour,size,species\n" + "secret-red,1.5,hidden-a\nsecret-blue,2.5,hidden-b\n" * 20
    world.run(world.drop("iris/train.csv", text))
    out, err = capsys.readouterr()
    assert "secret" not in out + err
    assert "hidden" not in out + err
