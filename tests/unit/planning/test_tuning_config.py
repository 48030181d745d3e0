from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tools.schemas import of_tuning_yaml
from tunedrop.errors import TuningConfigError
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.planning.tuning_config.model import TuningConfig
from tunedrop.planning.tuning_config.yaml_text import read_yaml

FULL = """\
# everything at once
target: species
task: classification
metric: balanced_accuracy
additional_metrics: [accuracy, f1_macro]
ignore_columns: id
estimators:
  svm:
  random_forest:
    ranges:
      n_estimators: {min: 10, max: 500, scaling: log, type: int}
      max_features: [sqrt, log2, null]
    fixed: {bootstrap: true}
    training_jobs: 20
strategy: random
training_jobs: 15
parallel_training_jobs: 3
folds: 10
test_fraction: 0.25
early_stopping: off
convergence: {jobs_without_improvement: 5, when_converged: true, target_value: 0.99}
max_runtime: 1.5h
instance_type: ml.m5.xlarge
seed: 1
warm_start: off
ensemble: off
report: {segments: [sex, age], show_categories: false}
"""


def read(text: str) -> TuningConfig:
    return read_tuning_config(text.encode())


def test_everything_that_can_be_said_is_read() -> None:
    config = read(FULL)
    assert config.model_dump(exclude_unset=True) | {"estimators": ...} == {
        **yaml.safe_load(FULL.replace(": off", ": 'off'")),
        "estimators": ...,
        "ignore_columns": ["id"],
        "max_runtime": 5400,
    }
    assert list(config.estimators or ()) == ["svm", "random_forest"]
    assert config.where("estimators", "random_forest", "ranges", "n_estimators") == (
        "tuning.yaml, line 11, key estimators.random_forest.ranges.n_estimators"
    )
    assert config.where("estimators", "mlp", "fixed") == "tuning.yaml, line 7, key estimators"


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\ufeff", "null"])
def test_an_empty_file_decides_nothing(text: str) -> None:
    assert read(text) == TuningConfig()


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("target: ''", "line 1", "at least 1 character"),
        ("target: 2026", "line 1", r"expected a valid string\. Write it in quotation marks"),
        ("folds: 5\n\ntarge: a", "line 3", "Write 'target' instead"),
        ("zzzzz: 1", "line 1", "expected one of target, task"),
        ("Target: a", "line 1", "Write 'target' instead"),
        ("estimators:\n  svm:\n    range: {}", "line 3", "Write 'ranges' instead"),
        ("estimators:\n- svm\n- svm", "key estimators", "twice"),
        (
            "estimators: {svm: {ranges: {C: {min: 2, max: 1}}}}",
            "ranges.C",
            "min is not below max.*`fixed`",
        ),
        ("estimators: {svm: {ranges: {C: {min: 1}}}}", "ranges.C", "'max' is missing"),
        (
            "estimators: {svm: {ranges: {C: {min: 0, max: 1, scaling: log}}}}",
            "ranges.C",
            "needs min above 0",
        ),
        (
            "estimators: {svm: {ranges: {C: {min: 0, max: 1, scaling: reverse_log}}}}",
            "ranges.C",
            "max < 1",
        ),
        ("estimators: {svm: {ranges: {C: {min: .nan, max: 1}}}}", "ranges.C", "valid number"),
        (
            "estimators: {svm: {ranges: {C: 1}}}",
            "ranges.C",
            "a list of values .one value: `fixed`",
        ),
        ("estimators: {svm: {C: 10}}", "svm.C", "below `ranges` to tune"),
        ("estimators: []", "key estimators", "at least 1 item"),
        ("estimators:\n- svm: {fixed: {C: 1}}", "line 1", "in a mapping, without dashes"),
        ("strategy: bayes", "line 1", "Write 'bayesian' instead"),
        ("early_stopping: false", "line 1", "expected 'auto' or 'off'"),
        ("group_column: a\ntime_column: b", "line 1", "cannot be combined.*Remove one of the two"),
        ("folds: 100", "line 1", "less than or equal to 20"),
        ("max_runtime: 1h30m", "line 1", "Write one number with one unit"),
        ("folds: 5\nreport:\n  segment: [a]", "line 3", "Write 'segments' instead"),
        ("strategy: hyperband\nfolds: 5", "tuning.yaml", "8 to 10 folds"),
        ("strategy: hyperband\nearly_stopping: auto", "tuning.yaml", "must be off"),
        ("just words", "tuning.yaml", "no keys"),
        ("target: a: b", "line 1, column 10", "in quotation marks"),
        ("folds:\t5", "line 1", "spaces, no tabs"),
        ("target: a\ntarget: b", "line 2", "twice"),
        ("a: &x [1]\nb: *x", "line 2", "Aliases"),
        (b"a: 1\ntarget: \xff\n", "tuning.yaml", "not YAML: .*invalid start byte"),
        ("target: !!python/object/apply:os.system [ls]", "line 1", "Tags are not allowed"),
        ("? [a]\n: b", "line 1", "not a word"),
        ("a: " + "[" * 50, "line 1", "nested too deeply"),
        ("target: " + "x" * 70_000, "tuning.yaml", "too large"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_the_way_out(
    text: str | bytes, place: str, message: str
) -> None:
    with pytest.raises(TuningConfigError, match=message) as raised:
        read_tuning_config(text if isinstance(text, bytes) else text.encode())
    assert place in raised.value.where
    assert raised.value.to_do.endswith(".")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("1:30", "1:30"),
        ("2026-11-23", "2026-11-23"),
        ("'5'", "5"),
        ("0x10", "0x10"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert read_yaml(f"a: {text}".encode())[0] == {"a": value}


def test_the_schema_accepts_what_the_code_accepts() -> None:
    validator = jsonschema.Draft202012Validator(of_tuning_yaml())
    document, _ = read_yaml(FULL.encode())
    document["ignore_columns"] = [document["ignore_columns"]]
    assert list(validator.iter_errors(document)) == []
    assert list(validator.iter_errors({"estimators": ["svm"]})) == []
    assert list(validator.iter_errors({"targett": "a"})) != []
    assert list(validator.iter_errors({"estimators": ["smv"]})) != []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["min", "max", "svm", "ranges", "C", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*TuningConfig.model_fields, "x"]), json_values, max_size=3))
def test_no_document_brings_it_down(document: dict[str, Any]) -> None:
    try:
        read(yaml.safe_dump(document))
    except TuningConfigError as error:
        assert "tuning.yaml" in error.where  # noqa: PT017
