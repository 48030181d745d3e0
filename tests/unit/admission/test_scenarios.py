"""What users do with datasets, and how many runs that makes: admission as a whole."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.support.admission_harness import BUCKET, STATE_MACHINE, AdmissionHarness
from tests.support.fakes import START
from tests.support.workflow_world import make_plan
from tunedrop.errors import UserInputError

HOUR = 3600


def run_ids(world: AdmissionHarness, dataset: str = "iris") -> list[str]:
    return [run["run_id"] for run in world.runs(dataset)]


def newest_versions(world: AdmissionHarness, dataset: str = "iris") -> set[tuple[str, str]]:
    """The versions that the newest run of a dataset has."""
    return {(o["key"], o["version_id"]) for o in world.runs(dataset)[-1]["objects"]}


def active(**more: Any) -> AdmissionHarness:
    """Make a world with a dataset whose run is active."""
    world = AdmissionHarness(**more)
    world.drop("iris/train.csv")
    world.wait(100)
    return world


def tuned(*paths: str, **more: Any) -> AdmissionHarness:
    """Make a world with a dataset whose run has reported."""
    world = AdmissionHarness(**more)
    for path in paths or ("iris/train.csv",):
        world.drop(path)
    world.wait(130)
    world.end("iris")
    world.wait(130)
    return world


def test_hundreds_of_part_files_with_a_pause_make_one_run_of_the_whole_table() -> None:
    world = AdmissionHarness(quiet_period=60)
    files = [f"iris/part-{n:05d}.csv" for n in range(300)]
    random.Random(1).shuffle(files)  # noqa: S311
    for position, path in enumerate(files):
        world.drop(path)
        world.clock.advance(0.1)
        if position == 150:
            world.wait(0.8 * 60, step=1)
        if position % 50 == 0:
            world.pump()
    world.wait(300)
    [run] = world.runs("iris")
    assert len(run["objects"]) == 300
    world.end("iris")
    world.wait(200)
    assert len(world.runs("iris")) == 1
    assert not world.state.waiting
    assert len(world.s3.calls_of("HeadObject")) < 330


def test_a_thousand_objects_of_twenty_versions_are_listed_once_and_asked_for_once() -> None:
    world = AdmissionHarness()
    for _ in range(20):
        for number in range(1000):
            world.s3.put(f"datasets/iris/part-{number:04}.csv", f"a,y\n{number},1\n")
    world.clock.advance(100)
    world.ask(evaluate="iris")
    [run] = world.runs("iris")
    assert {(o["key"], o["version_id"]) for o in run["objects"]} == world.versions("iris")
    of_objects = [c for c in world.s3.calls_of("HeadObject") if c["Key"].startswith("datasets/")]
    assert len(of_objects) == 1000
    world.s3.calls.clear()
    assert "of the same contents is active" in world.ask(evaluate="iris")["nothing"]
    assert [name for name, _ in world.s3.calls if name in ("ListObjectsV2", "HeadObject")] == [
        *["ListObjectsV2"] * 3,  # the folder, a file beside it, the runs
    ]


def test_a_file_that_is_replaced_while_admit_looks_at_it_waits_for_its_own_quiet_period() -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv", lost=True)
    world.clock.advance(100)
    head = world.s3.head_object

    def replace_first(**parameters: Any) -> dict[str, Any]:
        world.s3.head_object = head  # type: ignore[method-assign]
        world.drop("iris/train.csv")
        return head(**parameters)

    world.s3.head_object = replace_first  # type: ignore[method-assign]
    assert world.ask(evaluate="iris")["for"] == "quiet_period"
    assert not world.s3.keys("runs/")
    world.wait(61)
    assert newest_versions(world) == world.versions("iris")


def test_the_same_bytes_again_make_no_run_and_the_answer_names_the_one_that_has_them() -> None:
    world = tuned()
    body = world.s3.body("datasets/iris/train.csv").decode()
    world.drop("iris/train.csv", body)
    world.wait(200)
    assert len(run_ids(world)) == 1
    answer = world.ask(evaluate="iris")
    assert answer["run_id"] == run_ids(world)[0]
    assert "has a report" in answer["nothing"]


def test_a_return_to_older_contents_is_a_new_run() -> None:
    world = AdmissionHarness()
    for body in ("a,y\n1,2\n", "a,y\n3,4\n", "a,y\n1,2\n"):
        world.drop("iris/train.csv", body)
        world.wait(120)
        world.end("iris")
        world.wait(70)
    runs = world.runs("iris")
    assert len(runs) == 3
    assert runs[0]["digest"] == runs[2]["digest"] != runs[1]["digest"]


def test_contents_are_told_by_checksums_also_by_those_of_uploads_in_equal_parts() -> None:
    world = AdmissionHarness()
    for checksum in ("AAA=", "AAA=", "AAA=-2", "AAA=-2", "AAA=-3"):
        body = f"a,y\n{world.clock.time.second:02},2\n"
        world.drop("iris/train.csv", body, checksum=checksum)
        world.wait(121)
        if world.running("iris"):
            world.end("iris")
        world.wait(70)
    checksums = [run["objects"][0]["checksum"] for run in world.runs("iris")]
    assert checksums == ["CRC64NVME:AAA=", "CRC64NVME:AAA=-2", "CRC64NVME:AAA=-3"]


@pytest.mark.parametrize("name", ["a&b", "<script>", "x" * 120, "-odd"])
def test_a_folder_with_a_bad_name_is_refused_once_however_many_files_it_has(name: str) -> None:
    world = AdmissionHarness()
    for number in range(50):
        world.drop(f"{name}/part-{number}.csv")
    world.wait(600)
    world.reconcile()
    world.wait(120)
    [key] = world.s3.keys("rejections/")
    assert json.loads(world.s3.body(key))["error"] == "DatasetError"
    assert len(world.topic.subjects) == 1
    assert "rejected" in world.topic.subjects[0]
    assert not world.state.waiting
    with pytest.raises(UserInputError, match="letters, digits"):
        world.ask(evaluate=name)


def test_a_dataset_with_too_many_files_is_refused_once_and_never_tuned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tunedrop.datasets.layout.MAX_FILES", 20)
    world = AdmissionHarness()
    for number in range(50):
        world.drop(f"iris/part-{number}.csv")
        world.wait(2, step=2)
    world.wait(200)
    assert len(world.topic.subjects) == 1
    assert not world.s3.keys("runs/")
    for key in world.s3.keys("datasets/iris/")[10:]:
        world.s3.delete_object(Bucket="b", Key=key)
    world.drop("iris/part-0.csv")
    world.wait(200)
    assert len(world.runs("iris")) == 1


def test_who_asks_about_a_dataset_that_is_not_at_rest_is_told_when_it_is() -> None:
    world = AdmissionHarness(quiet_period=60)
    world.drop("iris/train.csv", lost=True)
    world.wait(10, step=1)
    answer = world.ask(evaluate="iris")
    assert answer["for"] == "quiet_period"
    assert 45 <= answer["seconds"] <= 60
    world.clock.advance(answer["seconds"])
    assert world.ask(evaluate="iris")["run_id"] == run_ids(world)[0]


def test_old_objects_of_an_adopted_bucket_start_nothing_until_a_file_of_theirs_is_dropped() -> None:
    world = AdmissionHarness()
    old = START.replace(year=2025)
    world.s3.put("datasets/iris/train.csv", "a,y\n1,2\n", begun=old)
    for _ in range(3):
        world.reconcile()
        world.wait(HOUR, step=HOUR)
    for path in ("iris/README.md", "iris/_SUCCESS", "iris/_temporary/0/x.csv", ".x/y.csv"):
        world.drop(path)
    world.wait(200)
    assert not world.steps.states
    world.drop("iris/tuning.yaml", "folds: 3")
    world.wait(200)
    assert len(world.runs("iris")[0]["objects"]) == 2


def test_an_upload_that_began_long_ago_waits_from_its_end_on() -> None:
    world = AdmissionHarness(quiet_period=60)
    world.clock.advance(HOUR)
    world.drop("iris/train.csv", begun=START)
    world.deliver(world.event("iris/train.csv"))
    assert not world.steps.states
    assert world.state.waiting["iris"].reason == "quiet_period"
    world.wait(61, step=1)
    assert len(world.runs("iris")) == 1


def test_a_settle_time_beyond_what_a_queue_delays_is_waited_for_in_parts() -> None:
    world = AdmissionHarness(quiet_period=2000)
    world.drop("iris/train.csv")
    world.wait(1990, step=10)
    assert not world.steps.states
    world.wait(30, step=10)
    assert len(world.runs("iris")) == 1


def test_a_scheduled_start_of_many_datasets_runs_each_once_and_never_more_than_the_slots() -> None:
    world = AdmissionHarness(slots=10)
    old = START.replace(year=2025)
    for number in range(60):
        world.s3.put(f"datasets/d{number:03d}/train.csv", f"a,y\n{number},1\n", begun=old)
    message = world.schedule()
    world.queue.add(message)
    world.finish_all()
    assert len(world.steps.states) == 60
    assert world.most_at_once == 10
    assert {world.runs(f"d{n:03d}")[0]["trigger"]["kind"] for n in range(60)} == {"schedule"}
    world.deliver(message)
    world.pump()
    assert len(world.steps.states) == 60
    assert not world.state.waiting


def test_those_who_wait_longest_start_first() -> None:
    world = AdmissionHarness(slots=1)
    for name in ("z", "m", "a"):
        world.drop(f"{name}/train.csv")
        world.wait(70)
    world.end("z")
    world.pump()
    assert world.running("m")
    world.end("m")
    world.pump()
    assert world.running("a")


def test_a_scheduled_start_during_a_run_follows_it_once_even_if_more_pile_up() -> None:
    world = active()
    for _ in range(5):
        world.wait(HOUR, step=HOUR)
        last = world.schedule("iris")
        world.pump()
    world.end("iris")
    world.wait(60)
    assert len(run_ids(world)) == 2
    [served] = world.runs("iris")[1]["trigger"]["scheduled_starts"]
    assert served["time"] == json.loads(last)["scheduled_start"]
    world.end("iris")
    world.wait(600)
    assert len(run_ids(world)) == 2


def test_a_tick_of_the_future_is_no_endless_reason_to_run() -> None:
    world = tuned()
    world.queue.add('{"scheduled_start": "2999-01-01T00:00:00Z", "datasets": ["iris"]}')
    world.finish_all()
    world.wait(600)
    assert len(run_ids(world)) == 2


def test_a_folder_without_a_name_is_refused_and_makes_no_dataset_of_a_tick() -> None:
    world = AdmissionHarness(slots=1)
    world.drop("iris/train.csv")
    world.drop("/x.csv")
    world.wait(120)
    world.schedule()
    world.pump()
    assert set(world.state.waiting) == {"iris"}
    (rejection,) = (json.loads(world.s3.body(key)) for key in world.s3.keys("rejections/"))
    assert rejection["what"] == "The dataset's name cannot be used"
    assert rejection["found"] == "''"


def test_a_person_forces_a_run_of_unchanged_contents() -> None:
    world = tuned()
    answer = world.ask(dataset="iris", stated_by="arn:aws:iam::1:user/kim")
    assert answer["run_id"] == run_ids(world)[1]
    assert answer["execution"] == f"{EXECUTIONS}:iris-{answer['run_id']}"
    trigger = world.runs("iris")[1]["trigger"]
    assert trigger["kind"] == "user"
    assert trigger["requests"] == [{"id": "call-1", "stated_by": "arn:aws:iam::1:user/kim"}]


EXECUTIONS = STATE_MACHINE.replace(":stateMachine:", ":execution:")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({}, "Unknown request"),
        ({"dataset": "iris", "evaluate": "iris"}, "Unknown request"),
        ({"datasets": "iris"}, "one of dataset, evaluate, resume, pause"),
        ({"pause": "yes"}, r"\(pause\)"),
        ({"pause": 1}, r"\(pause\)"),
        ({"pause": True, "stated_by": "x" * 300_000}, r"\(stated_by\)"),
        ({"pause": True, "stated_by": "\x1b[2Jkim"}, r"\(stated_by\)"),
        ({"dataset": "iris", "request": ["r1"]}, r"\(request\)"),
        ({"resume": "iris/../../x"}, "<dataset>/<run id>"),
    ],
)
def test_a_call_in_no_known_form_is_refused_and_changes_nothing(
    call: dict[str, Any], words: str
) -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv", lost=True)
    before = world.s3.keys("")
    with pytest.raises(UserInputError, match=words) as caught:
        world.ask(**call)
    assert len(str(caught.value)) < 1000
    assert world.s3.keys("") == before


def test_the_limit_of_a_day_holds_until_midnight_and_is_told_once() -> None:
    world = AdmissionHarness(per_day=3)
    for _ in range(6):
        world.drop("iris/train.csv")
        world.wait(100)
        if world.running("iris"):
            world.end("iris")
        world.wait(300)
    assert len(run_ids(world)) == 3
    assert "until midnight UTC" in world.ask(dataset="iris")["waiting"]
    assert [s for s in world.topic.subjects if "3 runs a day" in s] == world.topic.subjects
    assert len(world.topic.subjects) == 1
    for _ in range(13):
        world.wait(HOUR, step=HOUR)
        world.reconcile()
    assert len(run_ids(world)) == 4
    assert world.runs("iris")[3]["run_id"].startswith("20261124T00")
    assert newest_versions(world) == world.versions("iris")


def test_the_deployments_limit_of_a_day_holds_until_midnight_and_is_told_once() -> None:
    world = AdmissionHarness(all_per_day=2)
    for name in ("a", "b", "c", "d"):
        world.drop(f"{name}/train.csv")
    world.finish_all()
    assert len(world.steps.states) == 2
    assert "the deployment has had its 2 runs" in world.ask(dataset="d")["waiting"]
    assert world.topic.subjects == [
        "Tunedrop: the deployment has reached its limit of 2 runs a day"
    ]
    for _ in range(13):
        world.wait(HOUR, step=HOUR)
        world.reconcile()
        world.finish_all()
    assert {name: len(world.runs(name)) for name in "abcd"} == dict.fromkeys("abcd", 1)
    assert not world.state.waiting


def test_reconciliation_logs_the_longest_wait_for_a_slot_or_pause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def waited() -> float:
        caplog.clear()
        with caplog.at_level("INFO"):
            world.reconcile()
        [record] = [record for record in caplog.records if record.message == "reconciled"]
        return float(record.longest_wait_hours)  # type: ignore[attr-defined]

    world = AdmissionHarness(slots=1)
    for name in ("iris", "wine"):
        world.drop(f"{name}/train.csv")
        world.wait(60)
    assert waited() == 0
    world.wait(2 * HOUR, step=HOUR)
    assert waited() == 2
    world.end("iris")
    world.pump()
    world.ask(pause=True)
    world.wait(30 * HOUR, step=HOUR)
    assert waited() == 30
    world.ask(pause=False)
    assert waited() == 0


def test_a_pause_of_a_deleted_stack_does_not_hold_for_the_one_that_adopts_its_bucket() -> None:
    world = AdmissionHarness()
    world.ask(pause=True, stated_by="kim")
    world.stack = world.stack.replace("/1", "/2")
    assert world.state.paused is None
    world.drop("iris/train.csv")
    world.wait(100)
    assert world.running("iris")
    world.ask(pause=True, stated_by="lee")
    assert world.state.paused is not None
    assert world.state.paused.stated_by == "lee"


def test_a_manifest_of_the_settings_makes_a_folder_complete() -> None:
    world = AdmissionHarness(marker_file="_SUCCESS")
    for number in range(5):
        world.drop(f"iris/part-{number}.csv")
    world.wait(600)
    assert not world.steps.states
    assert world.state.waiting["iris"].reason == "marker_file"
    assert "datasets/iris/_SUCCESS" in world.ask(evaluate="iris")["waiting"]
    world.drop("iris/_SUCCESS", "x")
    world.wait(61)
    assert len(world.runs("iris")[0]["objects"]) == 5
    world.end("iris")
    world.drop("iris/part-0.csv")
    world.wait(600)
    assert len(run_ids(world)) == 1
    world.drop("iris/_SUCCESS", "x")
    world.wait(61)
    assert len(run_ids(world)) == 2


def test_a_single_file_needs_no_manifest() -> None:
    world = AdmissionHarness(marker_file="_SUCCESS")
    world.drop("iris.csv")
    world.wait(100)
    assert len(world.runs("iris")) == 1


def test_a_manifest_of_tuning_yaml_that_looks_like_data_is_none() -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv")
    world.drop("iris/tuning.yaml", "complete_when: {marker_file: done.csv}\n")
    world.wait(600)
    assert not world.steps.states
    world.drop("iris/done.csv", "x")
    world.wait(61)
    assert {o["key"].rpartition("/")[2] for o in world.runs("iris")[0]["objects"]} == {
        "train.csv",
        "tuning.yaml",
    }


@pytest.mark.parametrize(
    "yaml",
    [
        "complete_when: [",
        "complete_when: 3",
        "complete_when: {marker_file: 7}",
        "complete_when: {}\n",
        "[complete_when]",
        "a: &a {complete_when: *a}",
    ],
)
def test_faults_of_tuning_yaml_are_left_to_the_run(yaml: str) -> None:
    world = AdmissionHarness()
    world.drop("iris/train.csv")
    world.drop("iris/tuning.yaml", yaml)
    world.wait(200)
    assert len(run_ids(world)) == 1


def test_after_a_failure_a_newer_version_starts_a_run_and_the_same_one_does_not() -> None:
    world = AdmissionHarness()
    event = world.drop("iris/train.csv", "a,y\n1,2\n")
    world.wait(100)
    world.end("iris", "FAILED")
    world.wait(100)
    world.deliver(event)
    for _ in range(3):
        world.wait(HOUR, step=HOUR)
        world.reconcile()
    assert len(run_ids(world)) == 1
    assert "has failed" in world.ask(evaluate="iris")["nothing"]
    world.drop("iris/train.csv", "a,y\n1,2\n")
    world.wait(100)
    assert len(run_ids(world)) == 2


def test_a_deleted_file_starts_nothing_and_a_deleted_dataset_is_forgotten() -> None:
    world = tuned("iris/part-0.csv", "iris/part-1.csv")
    world.s3.delete_object(Bucket="b", Key="datasets/iris/part-1.csv")
    world.wait(HOUR, step=HOUR)
    world.reconcile()
    assert len(run_ids(world)) == 1
    world.drop("iris/part-0.csv")
    for key in world.s3.keys("datasets/iris/"):
        world.s3.delete_object(Bucket="b", Key=key)
    world.wait(200)
    assert len(run_ids(world)) == 1
    assert not world.state.waiting


def test_a_dataset_that_is_never_at_rest_is_told_once() -> None:
    world = AdmissionHarness()
    for _ in range(150):
        world.drop("iris/train.csv")
        world.wait(30, step=30)
    assert not world.steps.states
    assert world.topic.subjects == ["Tunedrop: iris has been waiting for an hour"]
    writes = [c for c in world.s3.calls_of("PutObject") if c["Key"] == "admission/state.json"]
    assert len(writes) <= 3
    world.wait(100)
    assert len(run_ids(world)) == 1


def test_a_manifest_that_never_comes_is_told_once_by_reconciliation() -> None:
    world = AdmissionHarness(marker_file="_SUCCESS")
    world.drop("iris/train.csv")
    for _ in range(5):
        world.wait(HOUR, step=HOUR)
        world.reconcile()
    assert world.topic.subjects == ["Tunedrop: iris has been waiting for an hour"]


def test_the_end_of_an_older_run_frees_no_slot_of_a_newer_one() -> None:
    world = active()
    first = world.end("iris")
    world.drop("iris/train.csv")
    world.wait(100)
    assert len(world.running("iris")) == 1
    slots = world.state.slots
    world.deliver(first)
    assert world.state.slots == slots


def test_a_failed_run_is_resumed_on_its_own_objects() -> None:
    world, failed = with_a_failed_run()
    world.drop("iris/train.csv")
    world.clock.advance(5)
    answer = world.ask(resume=f"iris/{failed['run_id']}", request="r", stated_by="kim")
    assert world.ask(resume=f"iris/{failed['run_id']}", request="r") == answer
    resumed = world.runs("iris")[1]
    assert resumed["run_id"] == answer["run_id"]
    assert resumed["objects"] == failed["objects"]
    assert resumed["digest"] == failed["digest"]
    assert resumed["trigger"]["requests"] == [
        {"id": "r", "stated_by": "kim", "resume": failed["run_id"]}
    ]
    world.wait(100)
    assert world.state.waiting["iris"].reason == "run"
    world.end("iris")
    world.wait(100)
    assert newest_versions(world) == world.versions("iris")
    assert len(run_ids(world)) == 3


def test_a_resumption_serves_no_tick_and_no_other_request() -> None:
    world, failed = with_a_failed_run()
    world.ask(pause=True)
    world.schedule("iris")
    world.pump()
    world.ask(dataset="iris", request="plain")
    world.ask(resume=f"iris/{failed['run_id']}", request="resume")
    world.ask(pause=False)
    world.finish_all()
    world.wait(100)
    _, resumed, retuned = world.runs("iris")
    assert [r["id"] for r in resumed["trigger"]["requests"]] == ["resume"]
    assert [r["id"] for r in retuned["trigger"]["requests"]] == ["plain"]
    assert "scheduled_starts" in retuned["trigger"]


def with_a_failed_run() -> tuple[AdmissionHarness, dict[str, Any]]:
    """Make a world with a dataset whose run has failed, and can be resumed."""
    world = AdmissionHarness()
    world.drop("iris/train.csv", "a,y\n1,2\n")
    world.wait(100)
    world.end("iris", "FAILED")
    world.wait(100)
    [failed] = world.runs("iris")
    leave(world, failed)
    return world, failed


def leave(world: AdmissionHarness, run: dict[str, Any]) -> None:
    """Leave what a run leaves that got as far as a plan."""
    plan = make_plan(run_id=run["run_id"])
    world.s3.put(f"runs/iris/{run['run_id']}/plan.json", plan.model_dump_json())
    for file in plan.data.train.files:
        world.s3.put(plan.data.train.uri.removeprefix(f"s3://{BUCKET}/") + file, "")


def test_run_ids_are_in_the_order_of_starts_even_when_the_clock_goes_back() -> None:
    world = tuned()
    world.clock.advance(-50)
    world.ask(dataset="iris", request="1")
    world.end("iris", "FAILED")
    world.pump()
    world.ask(dataset="iris", request="2")
    ids = run_ids(world)
    assert len(ids) == 3
    requests = [[r["id"] for r in run["trigger"].get("requests", [])] for run in world.runs("iris")]
    assert requests == [[], ["1"], ["2"]]
    assert len({run_id.partition("-")[0] for run_id in ids}) == 3
