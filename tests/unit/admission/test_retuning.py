import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import client_error
from tests.support.workflow_world import World
from tunedrop.admission.retuning import Start, due
from tunedrop.errors import LimitError, Throttled, UserInputError

TICK = "2026-11-23T03:00:00Z"


def dropped(*keys: str) -> World:
    world = World()
    for key in keys:
        world.s3.put(f"datasets/{key}", "a,b\n")
    return world


def names(world: World, named: list[str] | None = None) -> list[str]:
    return [start.dataset for start in due(world.bucket, TICK, named)]


def test_all_datasets_are_folders_and_single_files() -> None:
    world = dropped("iris/train.csv", "iris/tuning.yaml", "wine.csv", "a/b/part-0.parquet", "z.pq")
    world.s3.put("models/other/x", "")
    assert names(world) == ["a", "iris", "wine", "z"]


def test_what_is_no_dataset_is_left_out() -> None:
    world = dropped("_temporary/x", ".hidden/x", "README.md", "notes.txt", "-odd/x.csv", "a.csv.gz")
    assert names(world) == ["a"]


def test_a_dataset_that_is_both_a_folder_and_a_file_is_named_once() -> None:
    assert names(dropped("iris.csv", "iris/train.csv")) == ["iris"]


def test_no_dataset_means_nothing_to_start() -> None:
    assert names(World()) == []
    assert names(dropped("iris.csv"), []) == []


def test_only_the_named_datasets_are_due_and_each_once() -> None:
    world = dropped("iris.csv", "wine.csv", "zoo.csv")
    assert names(world, ["zoo", "iris", "zoo"]) == ["zoo", "iris"]


def test_an_unknown_name_is_logged_and_left_to_its_execution(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        assert names(dropped("iris.csv"), ["irsi", "iris"]) == ["irsi", "iris"]
    assert "irsi" in caplog.text


def test_more_datasets_than_step_functions_can_pass_on_are_refused() -> None:
    world = World()
    with pytest.raises(LimitError, match="schedules"):
        due(world.bucket, TICK, [f"dataset-{n}" for n in range(3000)])


@pytest.mark.parametrize(
    "tick", ["", "now", "2026-13-01T00:00:00Z", "<aws.scheduler.scheduled-time>"]
)
def test_a_tick_that_is_no_time_is_refused(tick: str) -> None:
    with pytest.raises(UserInputError, match="tick"):
        due(World().bucket, tick, None)


def test_a_tick_means_the_same_however_it_is_written() -> None:
    world = dropped("iris.csv")
    (one,), (two,) = (due(world.bucket, t, None) for t in (TICK, "2026-11-23T04:00:00+01:00"))
    assert one == two == Start("iris", TICK)


def test_a_start_names_its_execution_and_its_input() -> None:
    start = Start("iris", TICK)
    assert start.name.startswith("retune-iris-20261123T030000Z-")
    assert start.to_json() == {
        "name": start.name,
        "input": {"dataset": "iris", "tick": TICK},
    }


@given(st.text(min_size=1, max_size=120))
def test_every_name_is_one_that_step_functions_and_its_logs_take(dataset: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", Start(dataset, TICK).name)


@given(st.lists(st.text("ab-. ", min_size=1, max_size=100), unique=True, max_size=20))
def test_different_datasets_and_ticks_have_different_names(datasets: list[str]) -> None:
    ticks = (TICK, "2026-11-24T03:00:00Z")
    names = {Start(dataset, tick).name for dataset in datasets for tick in ticks}
    assert len(names) == 2 * len(datasets)


def test_throttling_is_left_to_the_state_machine() -> None:
    world = dropped("iris.csv")
    world.s3.fail_next("ListObjectsV2", client_error("SlowDown", 503))
    with pytest.raises(Throttled):
        due(world.bucket, TICK, None)
