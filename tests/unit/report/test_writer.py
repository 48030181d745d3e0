"""WriteReport as a whole: from what a run left behind to what people take away."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.support.fake_sagemaker import training_job
from tests.support.fakes import FakeEvents, FakeS3, client_error
from tests.support.report.fake_services import ReportSageMaker
from tests.support.report.synthetic_plan import (
    BUCKET,
    CONFIRM_JOB,
    RUN_ID,
    TUNING_JOBS,
    make_plan,
    make_run,
)
from tests.support.report.synthetic_results import (
    START,
    archive,
    confirm_json,
    confirm_result,
    tuning_result,
)
from tunedrop import clients
from tunedrop.errors import (
    ConfirmFailed,
    RunNotFoundError,
    Throttled,
    TransientAwsError,
    UserInputError,
)
from tunedrop.handlers import write_report as handler_module
from tunedrop.report.results import Results
from tunedrop.report.writer import write_report
from tunedrop.run_record import Run
from tunedrop.storage import Bucket

CHANGE = {
    "version": 1, "dataset": "iris", "run_id": RUN_ID, "replaced_run_id": None, "made_by": "run",
    "verdict": "promoted", "metric": "balanced_accuracy", "score": 0.97, "interval": [0.95, 0.99],
}  # fmt: skip
FOLDER = f"runs/iris/{RUN_ID}/"
CONFIRM_RESULT = f"{FOLDER}jobs/{CONFIRM_JOB}.result.json"
OUTPUT = f"training/iris/{RUN_ID}/{CONFIRM_JOB}/output/"
MODEL = f"models/iris/{RUN_ID}/model.tar.gz"
FILES = {
    "report.html": "text/html",
    "report.md": "text/markdown",
    "results.json": "application/json",
    "training_jobs.csv": "text/csv",
}


@dataclass
class World:
    """A run whose jobs have ended."""

    s3: FakeS3 = field(default_factory=FakeS3)
    sagemaker: ReportSageMaker = field(default_factory=ReportSageMaker)
    events: FakeEvents = field(default_factory=FakeEvents)

    def __post_init__(self) -> None:
        self.put(f"{FOLDER}run.json", TypeAdapter(Run).dump_python(make_run(), mode="json"))
        self.put(f"{FOLDER}plan.json", make_plan().model_dump(mode="json"))
        for number, name in enumerate(TUNING_JOBS):
            self.put(f"{FOLDER}jobs/{name}.result.json", tuning_result(name))
            self.sagemaker.add(name, status="Completed")
            self.sagemaker.trained[name] = [
                self.trained(f"{name}-001", 0.90 + number / 100),
                self.trained(f"{name}-002", 0.95 + number / 100, status="Stopped", minute=1),
                self.trained(f"{name}-003", None, status="Failed", reason="It broke", minute=2),
            ]
        self.put(CONFIRM_RESULT, confirm_result())
        self.s3.put(f"{OUTPUT}output.tar.gz", archive())
        self.s3.put(f"{OUTPUT}model.tar.gz", b"the model")

    def trained(self, name: str, objective: float | None, **more: Any) -> dict[str, Any]:
        self.sagemaker.seconds[name] = (30, 20)
        at = START + timedelta(minutes=more.get("minute", 0))
        job = training_job(name, objective, **more)
        return job | {"TrainingStartTime": at, "TrainingEndTime": at + timedelta(seconds=30)}

    def put(self, key: str, value: Any) -> None:
        self.s3.put(key, json.dumps(value))

    def attempt(
        self, name: str, machine: str, result: dict[str, Any], cause: str = "", **more: Any
    ) -> None:
        """Put the request and the end of an attempt at a job."""
        definition = {"ResourceConfig": {"InstanceType": machine}}
        request = {"TrainingJobDefinition": definition, **more}
        self.put(f"{FOLDER}jobs/{name}.request.json", request)
        ended = result | {"job": name} | ({"cause": cause} if cause else {})
        self.put(f"{FOLDER}jobs/{name}.result.json", ended)

    def write(self) -> Any:
        s3: Any = self.s3
        sagemaker: Any = self.sagemaker
        bucket = Bucket(s3, BUCKET)
        return write_report("iris", RUN_ID, bucket, sagemaker, promotion="automatic").notification

    def results(self) -> Results:
        return Results.model_validate_json(self.s3.body(f"{FOLDER}results.json"))


@pytest.fixture
def world() -> World:
    return World()


def test_a_run_gets_its_report_its_model_and_its_champion(world: World) -> None:
    notification = world.write()
    for name, content_type in FILES.items():
        assert world.s3.versions[FOLDER + name][-1].content_type.startswith(content_type)
    assert world.s3.body(MODEL) == b"the model"
    champion = json.loads(world.s3.body("models/iris/champion.json"))["in_use"]
    assert (champion["run_id"], champion["model"]) == (RUN_ID, f"s3://{BUCKET}/{MODEL}")
    assert notification["subject"] == "Tunedrop iris: better model in use, balanced accuracy 0.9700"
    results = world.results()
    assert len(results.training_jobs) == 6
    assert (results.best_training_job, results.objective) == (f"{TUNING_JOBS[1]}-001", 0.91)
    assert results.cost is not None
    assert results.cost.usd == pytest.approx((6 * 20 + 60) / 3600 * 0.12)


def test_doing_it_again_gives_the_same_files(world: World) -> None:
    world.write()
    world.write()
    for name in FILES:
        first, second = world.s3.versions[FOLDER + name]
        assert first.body == second.body, name
    assert len(world.s3.versions["models/iris/champion.json"]) == 1


def test_a_report_can_be_made_again_after_sagemakers_output_expired(world: World) -> None:
    world.write()
    before = world.s3.body(f"{FOLDER}results.json")
    for name in ("output.tar.gz", "model.tar.gz"):
        world.s3.delete_object(Bucket=BUCKET, Key=OUTPUT + name)
    world.write()
    assert world.s3.body(f"{FOLDER}results.json") == before
    assert world.s3.body(MODEL) == b"the model"


@pytest.mark.parametrize("status", ["Failed", "Stopped", "NotStarted"])
def test_a_confirm_job_that_did_not_complete_is_named_with_its_reason(
    world: World, status: str
) -> None:
    result = confirm_result(status, failure_reason="AlgorithmError: out of memory")
    world.put(CONFIRM_RESULT, result)
    with pytest.raises(ConfirmFailed, match=f"{status}: AlgorithmError: out of memory"):
        world.write()
    assert world.s3.keys(f"{FOLDER}results") == []


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        (f"{FOLDER}run.json", RunNotFoundError, "Look at s3://tunedrop-data/runs/"),
        (f"{FOLDER}plan.json", RunNotFoundError, "Look at s3://tunedrop-data/runs/"),
        (CONFIRM_RESULT, RunNotFoundError, "If the run goes on, it will write its report"),
        (f"{OUTPUT}output.tar.gz", ConfirmFailed, "output.tar.gz is not there"),
    ],
)
def test_what_a_report_needs_is_named_if_it_is_missing(
    world: World, key: str, error: type[Exception], words: str
) -> None:
    world.s3.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(error, match=re.escape(words)):
        world.write()


def test_a_tuning_job_that_was_never_started_has_no_training_jobs(world: World) -> None:
    name = TUNING_JOBS[1]
    del world.sagemaker.tuning_jobs[name]
    not_started = {"job": name, "kind": "tuning", "status": "NotStarted", "error": "no quota"}
    world.put(f"{FOLDER}jobs/{name}.result.json", not_started)
    world.write()
    results = world.results()
    assert {job.tuning_job for job in results.training_jobs} == {TUNING_JOBS[0]}
    assert [(job.status, job.failure_reason) for job in results.tuning_jobs] == [
        ("Completed", ""),
        ("NotStarted", "no quota"),
    ]
    assert "no quota" in world.s3.body(f"{FOLDER}report.html").decode()


def test_a_tuning_job_without_a_record_of_its_end_is_unknown(world: World) -> None:
    world.s3.delete_object(Bucket=BUCKET, Key=f"{FOLDER}jobs/{TUNING_JOBS[1]}.result.json")
    world.write()
    assert [job.status for job in world.results().tuning_jobs] == ["Completed", "Unknown"]


def test_a_throttled_call_is_left_to_the_state_machine(world: World) -> None:
    world.sagemaker.fail_next("Search", client_error("ThrottlingException"))
    with pytest.raises(Throttled):
        world.write()


class TestHandler:
    @pytest.fixture(autouse=True)
    def deployment(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TUNEDROP_BUCKET", BUCKET)
        monkeypatch.setenv("TUNEDROP_PROMOTION", '"automatic"')
        monkeypatch.setenv("TUNEDROP_EVENT_BUS", "default")
        monkeypatch.setenv("TUNEDROP_TOPIC", "topic")
        monkeypatch.setattr(clients, "s3", lambda: world.s3)
        monkeypatch.setattr(clients, "sagemaker", lambda: world.sagemaker)
        monkeypatch.setattr(clients, "events", lambda: world.events)

    @pytest.mark.parametrize(
        "event",
        [
            {"dataset": "iris", "run_id": RUN_ID, "execution": "e"},
            {"report": f"iris/{RUN_ID}", "execution": "e"},
            {"report": f" runs/iris/{RUN_ID}/ ", "execution": "e"},
        ],
    )
    def test_it_answers_the_run_and_what_to_tell(self, event: dict[str, Any]) -> None:
        answer = handler_module.handler(event, None)
        assert answer["run"] == {"dataset": "iris", "run_id": RUN_ID}
        assert set(answer["notification"]) == {"subject", "message", "verdict"}
        json.dumps(answer)

    def test_a_run_is_announced_with_its_model_in_use_after_all_is_written(
        self, world: World
    ) -> None:
        event = {"dataset": "iris", "run_id": RUN_ID, "execution": "e"}
        # EventBridge takes the first event of two, then none, then both.
        world.events.refuse_next = [None, "ThrottlingException"]
        world.events.fail_next("PutEvents", None, client_error("InternalException", 500))
        for _ in range(2):
            with pytest.raises(TransientAwsError):
                handler_module.handler(event, None)
            assert world.s3.body(f"{FOLDER}report.html")
        handler_module.handler(event, None)
        finished, *again = world.events.taken
        time = json.loads(world.s3.body("models/iris/champion.json"))["history"][0]["time"]
        assert again == [finished, ("Champion Changed", CHANGE | {"time": time})]
        assert finished == ("Run Finished", {name: CHANGE[name] for name in finished[1]})

    @pytest.mark.parametrize("is_answer", [True, False])
    def test_an_event_that_eventbridge_never_takes_fails_nothing_and_is_logged(
        self, world: World, caplog: pytest.LogCaptureFixture, is_answer: bool
    ) -> None:
        world.events.refuse_next = ["AccessDeniedException"] * 2 if is_answer else []
        denied = None if is_answer else client_error("AccessDeniedException", 403)
        world.events.fail_next("PutEvents", denied)
        answer = handler_module.handler({"dataset": "iris", "run_id": RUN_ID}, None)
        assert answer["notification"]["verdict"] == CHANGE["verdict"]
        assert "the bus default rejected events: AccessDeniedException" in caplog.text

    def call(self, action: str, **more: str) -> dict[str, Any]:
        call = {"champion": "iris", "action": action, "stated_by": "ada", **more}
        record: dict[str, Any] = handler_module.handler(call, None)
        return record

    def test_a_report_that_is_built_again_puts_no_model_into_use(self, world: World) -> None:
        handler_module.handler({"report": f"iris/{RUN_ID}"}, None)
        assert world.s3.body(MODEL) == b"the model"
        assert not world.s3.keys("models/iris/champion.json")
        assert not world.events.taken

    def test_a_user_puts_a_runs_model_into_use_and_the_index_shows_it(self, world: World) -> None:
        handler_module.handler({"report": f"iris/{RUN_ID}"}, None)
        record = self.call("use", run_id=RUN_ID)
        assert record["in_use"]["model"] == f"s3://{BUCKET}/{MODEL}"
        assert [(c["made_by"], c["stated_by"]) for c in record["history"]] == [("use", "ada")]
        assert json.loads(world.s3.body("index/iris.json"))["champion"] == RUN_ID
        self.call("use", run_id=RUN_ID)
        self.call("pin")
        [change] = record["history"]
        detail = CHANGE | {"made_by": "use", "time": change["time"]}
        assert world.events.taken == [("Champion Changed", detail)] * 2

    def test_with_manual_promotion_a_run_waits_and_an_approval_puts_it_into_use(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TUNEDROP_PROMOTION", '"manual"')
        event = {"dataset": "iris", "run_id": RUN_ID, "execution": "e"}
        answer = handler_module.handler(event, None)
        assert f"--approve {RUN_ID}" in answer["notification"]["message"]
        record = json.loads(world.s3.body("models/iris/champion.json"))
        assert (record["in_use"], record["pending"]["run_id"]) == (None, RUN_ID)
        assert self.call("approve", run_id=RUN_ID)["in_use"]["run_id"] == RUN_ID

    @pytest.mark.parametrize(
        ("call", "words"),
        [
            ({"action": "use", "run_id": "20260101T000000Z-00000000"}, "has no report"),
            ({"action": "approve", "run_id": RUN_ID}, "does not wait"),
            ({"action": "use"}, "names no run"),
            ({"action": "delete"}, "cannot be read"),
        ],
    )
    def test_a_change_that_cannot_be_made_says_why(self, call: dict[str, str], words: str) -> None:
        with pytest.raises(UserInputError, match=words):
            self.call(**call)

    def test_a_model_that_is_gone_cannot_be_used(self, world: World) -> None:
        world.write()
        world.s3.delete_object(Bucket=BUCKET, Key=MODEL)
        with pytest.raises(UserInputError, match=r"no model\.tar\.gz"):
            self.call("use", run_id=RUN_ID)

    @pytest.mark.parametrize("report", ["", "iris", "../x/y"])
    def test_a_report_of_no_run_says_how_to_write_it(self, report: str) -> None:
        with pytest.raises(UserInputError, match="<dataset>/<run id>"):
            handler_module.handler({"report": report, "execution": "e"}, None)


def second_attempt_at_confirm(world: World) -> str:
    """Make Confirm run out of memory, then complete on a larger machine; return that attempt."""
    first, second = f"{CONFIRM_JOB}-1", f"{CONFIRM_JOB}-2"
    failed = confirm_result("Failed", failure_reason="John Smith")
    world.attempt(first, "ml.m5.large", failed, "memory")
    world.attempt(second, "ml.m5.xlarge", confirm_result())
    world.s3.delete_object(Bucket=BUCKET, Key=CONFIRM_RESULT)
    for name in ("output.tar.gz", "model.tar.gz"):
        body = world.s3.body(OUTPUT + name)
        world.s3.put(f"training/iris/{RUN_ID}/{second}/output/{name}", body)
        world.s3.delete_object(Bucket=BUCKET, Key=OUTPUT + name)
    return second


def test_the_report_is_about_the_last_attempt_and_tells_them_all(world: World) -> None:
    second = second_attempt_at_confirm(world)
    world.write()
    results = world.results()
    assert results.confirm_job.name == second
    assert world.s3.body(MODEL) == b"the model"
    sentence = (
        "Confirm took 2 attempts: 1. on ml.m5.large: out of memory, 2. on ml.m5.xlarge: completed."
    )
    assert sentence in results.warnings
    for name in ("report.html", "report.md"):
        assert "Confirm took 2 attempts" in world.s3.body(FOLDER + name).decode()


@pytest.mark.parametrize("is_skipped", [False, True])
def test_a_warning_of_the_sample_stays_only_where_confirm_did_not_check_all_rows(
    world: World, is_skipped: bool
) -> None:
    plan = make_plan().model_dump(mode="json")
    sample = [{"check": "group", "column": "patient", "count": 40}]
    plan |= {"warnings": ["One class is rare."], "sample_warnings": sample}
    world.put(f"{FOLDER}plan.json", plan)
    skipped = [{"step": "data checks", "reason": "No time."}] if is_skipped else []
    confirm = confirm_json(explanation={"skipped": skipped})
    world.s3.put(f"{OUTPUT}output.tar.gz", archive(json.dumps(confirm).encode()))
    world.write()
    warnings = world.results().warnings
    assert "One class is rare." in warnings
    assert any("group_column" in warning for warning in warnings) == is_skipped


def test_a_tuning_job_has_the_name_and_terms_of_its_last_attempt(world: World) -> None:
    plan = make_plan().model_dump(mode="json")
    plan["tuning_jobs"][1]["parents"] = ["td-0a1b2c3d-9876543210-0"]
    world.put(f"{FOLDER}plan.json", plan)
    name = TUNING_JOBS[1]
    limits = {"ResourceLimits": {"MaxParallelTrainingJobs": 1}}
    terms: dict[str, Any] = {"HyperParameterTuningJobConfig": limits}
    refused = {"status": "NotStarted", "error": "x"}
    world.attempt(f"{name}-1", "ml.m5.large", refused, "warm start", **terms, WarmStartConfig={})
    world.attempt(f"{name}-2", "ml.m5.large", tuning_result(f"{name}-2"), **terms)
    world.sagemaker.add(f"{name}-2", status="Completed")
    world.sagemaker.trained[f"{name}-2"] = [world.trained("cold", 0.99)]
    world.write()
    results = world.results()
    job = results.tuning_jobs[1]
    assert (job.name, job.parents, job.max_parallel_training_jobs) == (f"{name}-2", (), 1)
    assert results.best_training_job == "cold"
    assert any("rejected the warm start" in warning for warning in results.warnings)


PRICES = {"ml.m5.large": 0.12, "ml.m5.xlarge": 0.24}


@pytest.mark.parametrize("prices", [PRICES, {"ml.m5.large": 0.12}], ids=["known", "one unknown"])
def test_every_attempt_is_billed_at_the_price_of_its_own_machine(
    world: World, prices: dict[str, float]
) -> None:
    second_attempt_at_confirm(world)
    plan = make_plan().model_dump(mode="json")
    plan["cost"]["usd_per_hour"] = prices
    world.put(f"{FOLDER}plan.json", plan)
    name = TUNING_JOBS[0]
    for number, machine in enumerate(PRICES, start=1):
        attempt, is_lost = f"{name}-{number}", number == 1
        result = tuning_result(attempt, "Failed" if is_lost else "Completed")
        world.attempt(attempt, machine, result, "memory" if is_lost else "")
        world.sagemaker.add(attempt, status="Completed")
        world.sagemaker.trained[attempt] = [world.trained(f"{attempt}-001", 0.9)]
    world.write()
    results = world.results()
    assert f"{name}-1-001" not in {job.name for job in results.training_jobs}
    cost = results.cost
    assert cost is not None
    # 20 s for each training job, 60 s for each attempt at Confirm
    seconds = {"ml.m5.large": 3 * 20 + 20 + 60, "ml.m5.xlarge": 20 + 60}
    assert cost.billable_seconds == sum(seconds.values())
    assert {*cost.instance_type.split(", ")} == {*PRICES}
    assert cost.usd_per_hour is None
    usd = sum(seconds[machine] * PRICES[machine] for machine in PRICES) / 3600
    assert cost.usd == (pytest.approx(usd, abs=1e-4) if prices == PRICES else None)
