"""Records of what others hand in: exact types, texts of bounded length, names that can be ours.

Every handler's event and `callbacks/<job>.json` are such records. What cannot be one is a
`UserInputError` before anything is done with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeGuard, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from tunedrop import keys
from tunedrop.errors import DatasetError, UserInputError
from tunedrop_common.data_text import LONGEST, escape, quote, shorten

_NAME_LENGTH = 100
_TUNING_JOB = r"td-[0-9a-f]{8}-[0-9a-f]{10}-[0-9]+"
_CONFIRM_JOB = r"tc-[0-9a-f]{8}-[0-9a-f]{10}"
# With or without the number of an attempt (`running/jobs.py`).
JOB_NAME = rf"(?P<base>(?P<tuning>{_TUNING_JOB})|{_CONFIRM_JOB})(?:-[1-9][0-9]*)?"
_RUN_ID = r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}"
_RULE = (
    f"at most {_NAME_LENGTH} letters, digits, spaces, '.', '_' and '-', the first a letter or digit"
)


class StrictRecord(BaseModel):
    """What somebody else wrote; further fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


AnyRecord = TypeVar("AnyRecord", bound=StrictRecord)


def read_record(record: type[AnyRecord], value: object) -> AnyRecord:
    """Return a value as a record.

    Raises
    ------
    UserInputError
        If it is none.
    """
    try:
        return record.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
    expected = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        expected = f"one of {', '.join(record.model_fields)}"
    raise UserInputError(
        "The request cannot be read",
        where=escape(".".join(map(str, first["loc"])), LONGEST),
        found="nothing" if first["type"] == "missing" else describe_value(first["input"]),
        expected=expected,
    )


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Raises
    ------
    ValueError
        If it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply") from None


def is_dataset_name(name: object) -> TypeGuard[str]:
    """Return whether a dataset can have this name."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= _NAME_LENGTH
        and name[0].isalnum()
        and name == name.strip()
        and all(c.isalnum() or c in " ._-" for c in name)
    )


def check_dataset_name(name: object) -> str:
    """Return a dataset's name if it can be one."""
    if is_dataset_name(name):
        return name
    raise DatasetError(
        "The dataset's name cannot be used",
        found=describe_value(name),
        expected=_RULE,
        to_do="Rename the folder or file below datasets/ and drop it again.",
    )


def is_run_id(text: str) -> bool:
    """Return whether a folder's name is a run's."""
    return re.fullmatch(_RUN_ID, text) is not None


def describe_value(value: object) -> str:
    """Return a JSON value in a few words: a short text or a number itself."""
    if isinstance(value, Mapping):
        return f"an object with the keys {shorten(', '.join(value), LONGEST)}"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{len(value):,} characters"
    return quote(value)


def _check_name(name: str) -> str:
    if not is_dataset_name(name):
        raise ValueError(_RULE)
    return name


def _matching(pattern: str, max_length: int) -> StringConstraints:
    return StringConstraints(pattern=f"^(?:{pattern})$", max_length=max_length)


DatasetName = Annotated[str, AfterValidator(_check_name)]
RunId = Annotated[str, _matching(_RUN_ID, 25)]
# The plan's name of a job, and SageMaker's of an attempt at it ("" before there is one).
JobName = Annotated[str, _matching(f"{_TUNING_JOB}|{_CONFIRM_JOB}", 63)]
AttemptName = Annotated[str, _matching(f"(?:{JOB_NAME})?", 63)]
# SageMaker's rule for names of jobs, whoever's they are.
SageMakerName = Annotated[str, _matching(r"[a-zA-Z0-9](?:-*[a-zA-Z0-9])*", 63)]
# Step Functions' longest ARN has 256 characters.
ExecutionArn = Annotated[
    str, _matching(r"arn:[a-z-]+:states:[a-z0-9-]+:[0-9]+:execution:[^:\s]+:[^:\s]+", 256)
]
StateMachineArn = Annotated[
    str, _matching(r"arn:[a-z-]+:states:[a-z0-9-]+:[0-9]+:stateMachine:[^:\s]+", 256)
]
# One line: the ARN of a caller, the id of a request, a task token. AWS's have at most 2,048.
Line = Annotated[str, _matching(r"\P{C}*", 2048)]
# More than Step Functions lets a state have: the cause of an error, whole.
LongText = Annotated[str, StringConstraints(max_length=1024 * 1024)]
# Part of a key of S3, whatever is in it.
KeyPart = Annotated[str, StringConstraints(max_length=1024)]


class RunName(StrictRecord):
    """The names of a run."""

    dataset: DatasetName
    run_id: RunId


def read_run_name(text: str) -> RunName:
    """Read "<dataset>/<run id>" as a person writes it, perhaps as the folder's whole key."""
    dataset, run_id = keys.split_run(text)
    try:
        return RunName(dataset=dataset, run_id=run_id)
    except ValidationError:
        raise UserInputError(
            "This is not the name of a run",
            found=describe_value(text),
            expected='"<dataset>/<run id>", such as "iris/20261123T225242Z-1a2b3c4d"',
            to_do="List the runs: tunedrop runs",
        ) from None
