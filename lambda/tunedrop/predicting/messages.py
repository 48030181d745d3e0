"""The messages of the queue of Predict: events of S3, the hourly rule, and what Predict sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import AliasPath, Field

from tunedrop import keys
from tunedrop.errors import UserInputError
from tunedrop.records import (
    DatasetName,
    KeyPart,
    StrictRecord,
    is_dataset_name,
    parse_json,
    read_record,
)

SUFFIXES = (".csv.gz", ".csv", ".parquet")

_FORMS = "an event of S3, a file to predict, or the hourly reconciliation"

Reconciliation: TypeAlias = Literal["reconciliation"]


@dataclass(frozen=True)
class RowFileName:
    """A file of rows to predict."""

    dataset: str
    file: str

    @property
    def body(self) -> str:
        """The message for the queue."""
        return json.dumps({"predict": {"dataset": self.dataset, "file": self.file}})


class _FileRequest(StrictRecord):
    dataset: DatasetName
    file: KeyPart


class _Message(StrictRecord):
    """One of three fields is there."""

    key: str | None = Field(None, validation_alias=AliasPath("detail", "object", "key"))
    predict: _FileRequest | None = None
    reconcile: bool = False


def read_message(body: str) -> RowFileName | Reconciliation | None:
    """Return what a message asks for; None for a key that is no file of a dataset.

    Raises
    ------
    UserInputError
        If it has none of the forms.
    """
    try:
        message = read_record(_Message, parse_json(body))
    except ValueError as error:
        raise UserInputError("The message is no JSON", expected=_FORMS) from error
    if message.predict is not None:
        return RowFileName(message.predict.dataset, message.predict.file)
    if message.key is not None:
        return split_key(message.key)
    if message.reconcile:
        return "reconciliation"
    raise UserInputError("The message has no request", expected=_FORMS)


def suffix_of(file: str) -> str:
    """Return the suffix of a file's name.

    Raises
    ------
    UserInputError
        If files of this suffix are not predicted.
    """
    for suffix in SUFFIXES:
        if file.endswith(suffix):
            return suffix
    raise UserInputError(
        "The file's format is unknown",
        where=file,
        expected=", ".join(SUFFIXES),
        to_do="Save the rows as CSV (UTF-8) or Parquet.",
    )


def split_key(key: str) -> RowFileName | None:
    """Return the file of a key; None if it is not predict/<dataset>/<file>."""
    dataset, file = keys.split_file(keys.PREDICT, key)
    return RowFileName(dataset, file) if is_dataset_name(dataset) else None
