"""Loads what a run left in its model folder: model.skops, and metadata.json, which describes it.

Only types that this image lists are loaded, whatever the metadata says, and nothing is unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass

import skops.io as skops
from pydantic import TypeAdapter, ValidationError

from sklearn_trainer.contract import Folders, read_json
from sklearn_trainer.errors import ModelError
from sklearn_trainer.model.output import METADATA_FILE, MODEL_FILE, versions
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.schema import Schema
from sklearn_trainer.serving.body import Layout, ModelInput
from tunedrop_common.data_text import quote
from tunedrop_common.trusted_types import trusted_types


@dataclass(frozen=True)
class _Metadata:
    """The fields of metadata.json that serving needs."""

    input: ModelInput
    schema: Schema
    task: str
    versions: dict[str, str]


@dataclass(frozen=True)
class Model:
    """A fitted pipeline, and the layout of its requests."""

    pipeline: Pipeline
    layout: Layout
    classes: tuple[str | int | bool, ...] | None
    """The labels of a classification, in the order of the probabilities."""

    @property
    def gives_probabilities(self) -> bool:
        """Whether the estimator has them."""
        return self.classes is not None and hasattr(self.pipeline, "predict_proba")


def load_model(folders: Folders) -> Model:
    """Read the model folder."""
    metadata = _read_metadata(folders)
    pipeline = _read_pipeline(folders, metadata)
    classes = None
    if metadata.task == "classification":
        classes = tuple(pipeline.classes_.tolist())
    return Model(pipeline, Layout(metadata.input, metadata.schema), classes)


def _read_metadata(folders: Folders) -> _Metadata:
    path = folders.model / METADATA_FILE
    if not path.is_file():
        raise ModelError(
            "The folder has no model of a Tunedrop run",
            where=str(folders.model),
            found=f"no {METADATA_FILE}",
            expected=f"{MODEL_FILE} and {METADATA_FILE}, as a run's Confirm job writes them",
            to_do="Name the model.tar.gz of a run, made by this image's release, as ModelDataUrl.",
        )
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
