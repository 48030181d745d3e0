from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from local_aws.sagemaker.jobs.s3 import TransferError, path_in_channel
from local_aws.sagemaker.jobs.training_run import MetricReader, failure_reason


@given(st.text(max_size=12), st.text(min_size=1, max_size=12))
def test_no_key_leaves_its_channel(prefix: str, rest: str) -> None:
    try:
        path = path_in_channel(prefix, prefix + rest)
    except TransferError:
        return
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert path.parts


def test_a_failure_keeps_its_exit_code_however_long_it_is() -> None:
    reason = failure_reason("x" * 5000, 1)
    assert len(reason) == 1024
    assert reason.startswith("AlgorithmError: xxx")
    assert reason.endswith("x, exit code: 1")
    assert failure_reason("", -9) == "AlgorithmError: , exit code: 137"


def test_a_hostile_expression_costs_a_second_at_most() -> None:
    reader = MetricReader([{"Name": "m", "Regex": "(a|aa)+$"}])
    start = time.process_time()
    assert list(reader.read("a" * 60 + "b")) == []
    assert time.process_time() - start < 5
