from dataclasses import replace

import pytest

from tests.support.damage import damages
from tests.support.fakes import client_error
from tests.support.planning import ENVIRONMENT, IRIS, World, admitted
from tunedrop import __version__
from tunedrop.errors import (
    DatasetError,
    LimitError,
    TransientAwsError,
    TuningConfigError,
    UserInputError,
)
from tunedrop_common.plan import Plan


def test_a_dataset_without_a_word_about_it_is_planned(world: World) -> None:
    answer = world.run(world.drop("iris/train.csv", IRIS))
    plan = world.plan(answer)
    assert plan.run_id.startswith("20261123T120000Z-")
    assert (plan.task, plan.data.target, plan.data.rows) == ("classification", "target", 150)
    assert (plan.metric.objective, plan.final_test.kind) == ("balanced_accuracy", "none")
    assert [job.estimator.key for job in plan.tuning_jobs] == ["hist_gradient_boosting", "linear"]
    for job in plan.tuning_jobs:
        assert (job.max_training_jobs, job.max_parallel_training_jobs) == (30, 2)
        assert (job.strategy, job.early_stopping) == ("Bayesian", "Off")
        assert len(job.name) <= 32
    assert answer["tuning_jobs"] == [
        {**answer["run"], "job": job.name, "kind": "tuning"} for job in plan.tuning_jobs
    ]
    assert answer["confirm"] == {**answer["run"], "job": plan.confirm.name, "kind": "confirm"}
    assert answer["parallel_tuning_jobs"] == 2
    copied = plan.data.train.uri.removeprefix("s3://bucket/") + plan.data.train.files[0]
    assert world.s3.body(copied) == IRIS.encode()


def test_features_are_what_they_are_in_rows_with_a_target(world: World) -> None:
    rows = "".join(
        f"{i},{i % 7},{'' if i % 3 else i},{'abc'[i % 3] if i % 3 else ''}\n" for i in range(90)
    )
    plan = world.planned(train="row,size,late,kind\n" + rows)
    columns = {column.name: column for column in plan.data.columns}
    assert columns["row"].role == "ignored"  # it counts all rows, not those with a target
    assert columns["late"].reason == "it has no values"
    assert columns["size"].role == "feature"
    assert plan.data.labels == ("b", "c")


ZIP = "zip,size,y\n" + "".join(f"{1000 + i % 9},much {i},{i % 2}\n" for i in range(60))


def test_tuning_yaml_names_the_kinds_of_columns(world: World) -> None:
    zip_code = world.planned("column_kinds: {zip: categorical}", ZIP).data.columns[0]
    assert (zip_code.kind, zip_code.distinct) == ("categorical", 9)


@pytest.mark.parametrize(
    ("yaml", "message"), [("{town: text}", "no column 'town'"), ("{size: datetime}", "as dates")]
)
def test_kinds_that_cannot_be_are_rejected(world: World, yaml: str, message: str) -> None:
    with pytest.raises(UserInputError, match=message):
        world.planned(f"column_kinds: {yaml}", ZIP)


def test_tuning_yaml_decides_what_it_names(world: World) -> None:
    plan = world.planned(
        "metric: accuracy\nestimators: [svm]\nstrategy: random\ntraining_jobs: 12\nfolds: 3\n"
        "ignore_columns: ['petal width (cm)']\nmax_runtime: 1h\nseed: 5\n"
        "convergence: {jobs_without_improvement: 4}\n",
        IRIS,
    )
    (job,) = plan.tuning_jobs
    assert (job.estimator.key, job.strategy, job.max_training_jobs) == ("svm", "Random", 12)
    assert (job.max_runtime_seconds, job.max_jobs_not_improving) == (3600, 4)
    assert (plan.metric.objective, plan.cross_validation.folds, plan.seed) == ("accuracy", 3, 5)
    assert job.estimator.fixed["random_state"] == "5"
    roles = {column.name: column.role for column in plan.data.columns}
    assert roles["petal width (cm)"] == "ignored"
    assert not [d for d in plan.decisions if "default" in d and "nstance" not in d]


def test_equal_seeds_search_alike_and_other_runs_differ(world: World) -> None:
    plans = [world.planned(yaml, IRIS) for yaml in ("seed: 3", "seed: 3 # again", "", "# again")]
    first, again, other, another = (
        (plan.tuning_jobs[0].random_seed, plan.confirm.seed) for plan in plans
    )
    assert first == again
    assert other != another


def test_a_plan_that_is_there_is_kept(world: World) -> None:
    world.drop("iris/train.csv", IRIS)
    run = admitted(world.s3, "iris", "execution-1")
    first = world.plan_again(run)
    plan = world.plan(first)
    assert (plan.image, plan.release) == (ENVIRONMENT.training_image, __version__)
    objects = {key: list(versions) for key, versions in world.s3.versions.items()}
    world.drop("iris/tuning.yaml", "folds: 3")
    world.deploy("registry/tunedrop:newer")
    world.clock.advance(600)
    assert world.plan_again(run) == first
    assert world.plan(first) == plan
    changed = {k for k, v in world.s3.versions.items() if objects.get(k) != v}
    assert changed == {"datasets/iris/tuning.yaml"}


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
        ({"train.csv": IRIS, "tuning.yaml": "targett: x"}, TuningConfigError, "line 1"),
        ({"train.csv": IRIS, "tuning.yaml": "ignore_columns: [x]"}, DatasetError, "'x'"),
        (
            {"train.csv": IRIS, "tuning.yaml": "ignore_columns: [target]"},
            TuningConfigError,
            "cannot be ignored",
        ),
        ({"train.csv": IRIS, "tuning.yaml": "training_jobs: 500"}, LimitError, "at most 200"),
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
        world.planned(train=IRIS)


@pytest.fixture
def first(world: World) -> Plan:
    """The plan of a first run, whose tuning jobs have results."""
    plan = world.planned(train=IRIS)
    world.finish(plan)
    return plan


@pytest.mark.parametrize(
    "yaml",
    [
        "warm_start: off",
        "metric: accuracy",
        "group_column: petal width (cm)",
        "strategy: grid\nestimators: {linear: {ranges: {C: [1, 2], class_weight: [null]}}}",
        "strategy: hyperband",
        "estimators: {linear: {ranges: {C: {min: 1, max: 2}}}}",
        "estimators: {linear: {ranges: {C: [1, 2], class_weight: [null, balanced]}}}",
        "estimators: {linear: {fixed: {tol: 0.001}}}",
        "estimators: [svm]",
    ],
)
@pytest.mark.usefixtures("first")
def test_what_sagemaker_could_not_start_from_is_no_parent(world: World, yaml: str) -> None:
    assert all(job.parents == () for job in world.planned(yaml).tuning_jobs)


@pytest.mark.parametrize(
    ("succeeded", "status", "is_parent"),
    [(0, "Completed", False), (3, "Stopped", True), (3, "InProgress", False), (3, "Failed", False)],
)
def test_a_parent_is_over_and_has_results(
    world: World, first: Plan, succeeded: int, status: str, is_parent: bool
) -> None:
    world.finish(first, succeeded, status)
    assert bool(world.planned().tuning_jobs[0].parents) == is_parent


def test_a_parent_is_the_attempt_that_counts_and_named_once(world: World, first: Plan) -> None:
    earlier = first.tuning_jobs[0].name
    name = f"{earlier}-2"
    world.s3.put(f"runs/iris/{first.run_id}/jobs/{name}.request.json", "{}")
    assert world.planned().tuning_jobs[0].parents == ()  # SageMaker has no such job
    ended = {**world.sagemaker.tuning_jobs[earlier], "HyperParameterTuningJobName": name}
    world.sagemaker.tuning_jobs[name] = ended
    resumed = world.planned()
    assert resumed.tuning_jobs[0].parents == (name,)
    jobs = [job.model_copy(update={"finished_job": name}) for job in resumed.tuning_jobs]
    taken_over = resumed.model_copy(update={"tuning_jobs": tuple(jobs)})
    world.s3.put(f"runs/iris/{resumed.run_id}/plan.json", taken_over.model_dump_json())
    assert world.planned().tuning_jobs[0].parents == (name,)


@damages
def test_a_plan_that_cannot_be_read_is_no_parent_and_harms_no_later_plan(
    world: World, first: Plan, body: bytes
) -> None:
    assert world.planned().tuning_jobs[0].parents
    world.s3.put(f"runs/iris/{first.run_id}/plan.json", body)
    assert world.planned().tuning_jobs[0].parents == ()


def test_the_champion_is_among_the_contenders_with_its_members(world: World, first: Plan) -> None:
    members = [
        {"estimator": job.estimator.model_dump(mode="json"), "hyperparameters": {}}
        for job in first.tuning_jobs
    ]
    world.promote(first, members=members)
    champion = world.planned().confirm.champion
    assert champion is not None
    assert (champion.run_id, champion.hyperparameters) == (first.run_id, {"C": "2.5"})
    keys = [member.estimator.key for member in champion.members]
    assert keys == ["hist_gradient_boosting", "linear"]


@pytest.mark.parametrize(
    "yaml",
    ["metric: accuracy", "target: petal length (cm)", "ignore_columns: [petal width (cm)]"],
)
def test_a_champion_of_something_else_is_left_out_and_that_is_said(
    world: World, first: Plan, yaml: str
) -> None:
    world.promote(first)
    confirm = world.planned(yaml).confirm
    assert confirm.champion is None
    assert "is excluded" in confirm.champion_decision


@damages
def test_a_champion_that_cannot_be_read_is_left_out(world: World, body: bytes) -> None:
    world.s3.put("models/iris/champion.json", body)
    confirm = world.planned(train=IRIS).confirm
    assert confirm.champion is None
    assert confirm.champion_decision.startswith("The champion is excluded: ")


def test_nothing_of_the_data_is_logged_but_names_of_columns(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "colour,size,species\n" + "secret-red,1.5,hidden-a\nsecret-blue,2.5,hidden-b\n" * 20
    world.run(world.drop("iris/train.csv", text))
    out, err = capsys.readouterr()
    assert "secret" not in out + err
    assert "hidden" not in out + err
