"""The Python to paste: the pipeline, how to load it, how to deploy it."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.session
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.preprocessing import FunctionTransformer
from skops.io.exceptions import UntrustedTypesFoundException

from tests.support.report.synthetic_results import make_results
from tests.support.service_model import violations
from tunedrop.report.confirm_scores import MAX_PYTHON_CHARACTERS
from tunedrop.report.markdown import report_md
from tunedrop.report.model_code import deploy_code, load_code


def test_the_code_to_deploy_names_the_model_and_calls_what_sagemaker_has() -> None:
    calls: list[tuple[str, dict[str, Any]]] = []

    role = "arn:aws:iam::123456789012:role/Tunedrop-ServingRole1234"
    answers: dict[str, Any] = {
        "describe_stacks": {
            "Stacks": [{"Outputs": [{"OutputKey": "ServingRole", "OutputValue": role}]}]
        },
        "describe_training_job": {"AlgorithmSpecification": {"TrainingImage": "image"}},
    }

    class Client:
        def __init__(self, service: str) -> None:
            self.service = service

        def get_waiter(self, name: str) -> Any:
            assert name in waiters(self.service)
            return SimpleNamespace(wait=lambda **parameters: calls.append((name, parameters)))

        def __getattr__(self, name: str) -> Any:
            def call(**parameters: Any) -> Any:
                operation = "".join(part.capitalize() for part in name.split("_"))
                assert violations(self.service, operation, parameters) == []
                calls.append((name, parameters))
                return answers.get(name)

            return call

    results = make_results(3)
    execution = "arn:aws:states:eu-west-1:123456789012:execution:Mine-run:8a6f"
    run = replace(results.run, execution=execution)
    results = results.model_copy(update={"run": run})
    code = deploy_code(results)
    boto3 = SimpleNamespace(Session=lambda **region: SimpleNamespace(client=Client))
    with patch.dict(sys.modules, {"boto3": boto3}):
        exec(code, {})  # noqa: S102
        uncommented = re.sub(r"^# (?=runtime|rows =|answer|print)", "", code, flags=re.M)
        compile(uncommented, "deploy", "exec")
    assert [name for name, _ in calls] == [
        "describe_stacks", "describe_training_job", "create_model", "create_endpoint_config",
        "create_endpoint", "endpoint_in_service",
    ]  # fmt: skip
    assert calls[0][1] == {"StackName": "Mine"}
    model = calls[2][1]
    assert model["PrimaryContainer"] == {"Image": "image", "ModelDataUrl": results.model}
    assert model["ExecutionRoleArn"] == role
    assert deploy_code(results.model_copy(update={"model": None})) == ""


def waiters(service: str) -> list[str]:
    """Return what a client of the service can wait for, by botocore's own description."""
    found: list[str] = botocore.session.get_session().get_waiter_model(service).waiter_names
    return [re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in found]


class TestPipelineCode:
    @pytest.mark.parametrize("python", [None, "x" * (MAX_PYTHON_CHARACTERS + 1)])
    def test_without_it_the_report_says_how_to_load_the_model_only(
        self, python: str | None
    ) -> None:
        text = report_md(make_results(confirm={"python": python}))
        assert text.count("```python\n") == 1
        assert "skops.io.load" in text

    def test_a_fence_inside_does_not_end_it(self) -> None:
        assert "````python\n```\n````" in report_md(make_results(confirm={"python": "```"}))

    def test_loading_needs_a_model(self) -> None:
        assert load_code(make_results().model_copy(update={"model": None})) == ""

    def test_a_model_is_loaded_unless_it_has_types_that_tunedrop_does_not_trust(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        model = HistGradientBoostingRegressor(max_iter=2).fit([[0.0], [1.0]], [0.0, 1.0])
        skops.io.dump(model, "model.skops")
        loaded: dict[str, Any] = {}
        exec(load_code(make_results()), loaded)  # noqa: S102
        assert loaded["model"].predict([[1.0]]) == model.predict([[1.0]])

        forged = FunctionTransformer(func=shutil.rmtree)
        skops.io.dump(forged, "model.skops")
        Path("metadata.json").write_text('{"trusted_types": ["shutil.rmtree"]}')
        with pytest.raises(UntrustedTypesFoundException, match=r"shutil\.rmtree"):
            exec(load_code(make_results()), {})  # noqa: S102
