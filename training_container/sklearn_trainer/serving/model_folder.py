"""Loads what a run left in its model folder: model.skops, and metadata.json, which describes it.

Only types that this image lists are loaded, whatever the metadata says, and nothing is unpickled.
"""

from __future__ import annotations

import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import skops.io as skops
from pydantic import TypeAdapter, ValidationError

from sklearn_trainer.contract import Folders, read_json
from sklearn_trainer.data.distributions import Distributions
from sklearn_trainer.errors import ModelError
from sklearn_trainer.evaluation.promise import Promise
from sklearn_trainer.model.check_rows import CheckRows
from sklearn_trainer.model.output import METADATA_FILE, MODEL_FILE, versions
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.schema import Schema
from sklearn_trainer.serving.body import Layout, ModelInput
from tunedrop_common.data_text import quote
from tunedrop_common.trusted_types import trusted_types

# Larger ones are served by an endpoint or a batch transform.
MAX_MODEL_BYTES: Final = 2**31


@dataclass(frozen=True)
class _Metadata:
    """The fields of metadata.json that serving needs."""

    input: ModelInput
    schema: Schema
    classes: tuple[str | int | bool, ...] | None
    versions: dict[str, str]
    distributions: Distributions
    check_rows: CheckRows
    promise: Promise


@dataclass(frozen=True)
class Model:
    """A fitted pipeline, and the layout of its requests."""

    pipeline: Pipeline
    layout: Layout
    classes: tuple[str | int | bool, ...] | None
    """The labels of a classification, in the order of the probabilities."""
    distributions: Distributions
    """Those of the training rows."""
    promise: Promise
    """How good it is, as its run says."""

    @property
    def gives_probabilities(self) -> bool:
        """Whether the estimator has them."""
        return self.classes is not None and hasattr(self.pipeline, "predict_proba")


def load_model(folders: Folders) -> Model:
    """Read the model folder.

    Raises
    ------
    ModelError
        If it has no model, one with types that this image does not list, or one that predicts
        other values here than where it was made.
    """
    metadata = _read_metadata(folders)
    pipeline = _read_pipeline(folders, metadata)
    if not metadata.check_rows.are_predicted_by(pipeline, metadata.schema):
        raise ModelError(
            "This image does not predict what the model predicted when it was made",
            where=str(folders.model),
            found=f"other predictions for the rows of {METADATA_FILE} ({_differences(metadata)})",
            to_do="Start a run of the dataset: tunedrop run. Its model fits this image.",
        )
    layout = Layout(metadata.input, metadata.schema)
    return Model(pipeline, layout, metadata.classes, metadata.distributions, metadata.promise)


def unpack_model(archive: Path, folder: Path) -> Model:
    """Load the model of a model.tar.gz, which nobody else has unpacked.

    Parameters
    ----------
    folder
        For its files, which may be deleted afterwards.
    """
    folders = Folders(folder)
    folders.model.mkdir()
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                if member.name in (MODEL_FILE, METADATA_FILE) and member.size <= MAX_MODEL_BYTES:
                    members.extract(member, folders.model, filter="data")
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise ModelError(
            "The model's archive cannot be read",
            where=archive.name,
            found=f"{type(error).__name__}: {error}"[:300],
            to_do="Start a run of the dataset: tunedrop run.",
        ) from error
    return load_model(folders)


def _read_metadata(folders: Folders) -> _Metadata:
    path = folders.model / METADATA_FILE
    try:
        return TypeAdapter(_Metadata).validate_python(read_json(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise ModelError(
            f"{METADATA_FILE} cannot be read by this image",
            where=f"{METADATA_FILE} {'.'.join(map(str, first['loc']))}".strip(),
            found=quote(first["input"]),
            expected=first["msg"],
            to_do="Serve the model with the image that made it.",
        ) from error


def _read_pipeline(folders: Folders, metadata: _Metadata) -> Pipeline:
    path = folders.model / MODEL_FILE
    to_do = f"Serve it with the image that made it ({_differences(metadata)})."
    try:
        unknown = sorted(set(skops.get_untrusted_types(file=path)) - set(trusted_types()))
        if not unknown:
            return skops.load(path, trusted=trusted_types())
    except Exception as error:
        raise ModelError(
            "The model cannot be read by this image",
            where=str(path),
            found=f"{type(error).__name__}: {error}"[:300],
            to_do=to_do,
        ) from error
    raise ModelError(
        "The model has types that this image does not list as safe to load",
        where=str(path),
        found=", ".join(unknown[:10]),
        to_do=to_do,
    )


def _differences(metadata: _Metadata) -> str:
    """Return which packages the model was made with, where this image has others."""
    installed = versions()
    different = [
        f"{name} {version}, here {installed.get(name, 'none')}"
        for name, version in metadata.versions.items()
        if installed.get(name) != version
    ]
    return "; ".join(different) or "it was made with the same versions"
