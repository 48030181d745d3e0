"""SageMaker's container contract: what a job finds, how it is stopped, what its end means.
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.support.sagemaker.machine import Machine, until
from tests.support.sagemaker.requests import channel, training_request


def test_the_container_finds_what_the_contract_promises(aws: Machine) -> None:
    uri = aws.put("contract/a.csv", "1,2")
    report = aws.inspect(
        "contract",
        InputDataConfig=[channel("train", uri)],
        Environment={"MINE": "yes, 'quoted' = and\nin two lines"},
    )
    files, variables = report["files"], report["environment"]
    assert report["arguments"] == ["train"]
    assert json.loads(files["input/config/hyperparameters.json"]) == {"behaviour": "inspect"}
    assert files["input/data/train/a.csv"] == "1,2"
    assert {"model", "output/data"} <= set(report["folders"])
    assert variables["TRAINING_JOB_NAME"] == "contract"
    assert variables["TRAINING_JOB_ARN"].endswith(":training-job/contract")
    assert variables["MINE"] == "yes, 'quoted' = and\nin two lines"
    assert int(variables["OMP_NUM_THREADS"]) >= 1
    assert report["session"]
    # The server and its clients go first.
    assert report["niceness"] > os.nice(0)


def test_nothing_of_the_servers_environment_reaches_the_container(aws: Machine) -> None:
    variables = aws.inspect("clean-environment")["environment"]
    assert not {"STATE_DIR", "GATEWAY_PORT", "DOCKER_HOST"} & set(variables)
    isolated = aws.inspect("isolated", EnableNetworkIsolation=True)["environment"]
    assert variables["AWS_ENDPOINT_URL"] == aws.endpoint
    assert "AWS_ENDPOINT_URL" not in isolated


def test_an_unhandled_error_fails_the_training_job_with_its_exit_code(aws: Machine) -> None:
    described = aws.train("raising", behaviour="raise")
    assert described["FailureReason"] == "AlgorithmError: , exit code: 1"


def test_what_is_stopped_before_it_has_begun_ends_all_the_same(aws: Machine) -> None:
    aws.sagemaker.create_training_job(**training_request("too-early", behaviour="wait"))
    aws.sagemaker.stop_training_job(TrainingJobName="too-early")
    assert aws.wait_for_training_job("too-early")["TrainingJobStatus"] == "Stopped"


def test_what_a_training_job_leaves_running_is_killed_with_it(aws: Machine) -> None:
    seconds = "600.4"
    described = aws.train("parent-of-one", behaviour="leave_a_child", child_sleeps=seconds)
    assert described["TrainingJobStatus"] == "Completed"
    until(lambda: not is_running("sleep", seconds), seconds=5)


def is_running(*command: str) -> bool:
    command_line = "\0".join((*command, "")).encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == command_line:
                return True
        except OSError:
            continue
    return False
