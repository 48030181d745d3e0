"""Each patch is needed: the tests of the behaviour that it corrects fail on MiniStack as it comes.

When a new version of MiniStack is pinned, this tells which module of local_aws/ministack/ can go;
the other tests tell what the new version broke.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.workspace import REPOSITORY
from tests.conformance.conftest import STOCK_VARIABLE

PATCHED = {
    "s3": [
        "test_an_object_without_a_checksum_has_one_by_default",
        "test_the_default_of_an_upload_in_parts_is_of_the_full_object",
        "test_a_copys_checksum_is_of_the_full_object",
        "test_an_upload_in_parts_is_dated_by_its_beginning",
        "test_a_key_of_more_than_1024_bytes_is_rejected",
    ],
    "tasks": [
        "test_no_heartbeat_in_time_is_a_heartbeat_timeout",
        "test_the_state_fails_at_once_when_its_lambda_raises",
        "test_a_token_that_nobody_gave_out_is_invalid",
        "test_an_output_that_is_not_json_is_rejected_and_the_token_stays_good",
        "test_an_aborted_execution_starts_nothing_more_in_its_map",
        "test_each_attempt_has_a_token_of_its_own",
        "test_a_stop_ends_the_wait_before_a_retry",
        "test_maximum_delay_and_full_jitter_bound_the_waits",
    ],
    "executions": [
        "test_the_state_machines_timeout_ends_the_execution",
        "test_a_stopped_execution_closes_its_tokens",
        "test_the_same_start_again_is_the_same_execution",
        "test_what_is_in_it_survives_a_restart",
        "test_concurrency_comes_from_the_input",
        "test_an_execution_in_flight_goes_on_with_the_versions_of_the_definition_it_began_with",
    ],
    "lambda_code": ["test_an_image_runs_its_command_with_the_packages_of_the_training_jobs"],
    "lambda_workers": [
        "test_an_exception_is_told_by_its_class_with_the_stack",
        "test_logging_and_print_reach_cloudwatch_logs",
        "test_only_the_asset_and_the_runtimes_packages_can_be_imported",
        "test_a_burst_of_invocations_queues_on_few_processes_and_all_are_answered",
    ],
    "events": [
        "test_a_put_tells_the_version_etag_and_size",
        "test_a_schedules_input_says_when_it_was_due",
    ],
    "provisioning": [
        "test_a_missing_image_is_an_error_by_its_name",
        "test_a_type_that_nothing_depends_on_is_created_and_deleted",
    ],
}
# What is no behaviour of AWS that a request shows; tested elsewhere.
OTHERS = {
    "recorded_targets": "the calls that IAM would decide on",
}


@pytest.fixture(scope="module")
def failed_on_stock() -> set[str]:
    files = sorted(map(str, Path(__file__).parent.glob("test_*.py")))
    names = " or ".join(test for tests in PATCHED.values() for test in tests)
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rfE", "--timeout=60", *files, "-k", names],
        cwd=REPOSITORY,
        env={**os.environ, STOCK_VARIABLE: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1, process.stdout[-2000:]
    return set(re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", process.stdout, re.MULTILINE))


def test_every_module_that_patches_is_listed() -> None:
    folder = REPOSITORY / "local_aws" / "ministack"
    patching = {path.stem for path in folder.glob("*.py") if "\ndef patch(" in path.read_text()}
    assert patching == PATCHED.keys() | OTHERS.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "test"), [(m, t) for m, tests in PATCHED.items() for t in tests]
)
def test_the_patched_behaviour_is_wrong_on_stock_ministack(
    failed_on_stock: set[str], module: str, test: str
) -> None:
    assert test in failed_on_stock, f"is local_aws/ministack/{module}.py still needed?"
