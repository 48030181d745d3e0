"""Loads what a run left in its model folder: model.skops, and metadata.json, which describes it.

Only types that this image lists are loaded, whatever the metadata says, and nothing is unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import skops.io as skops
from pydantic import TypeAdapter, ValidationError

from sklearn_trainer.contract import Folders, read_json
from sklearn_trainer.data.features import Schema
from sklearn_trainer.errors import ModelError
from sklearn_trainer.model.output import METADATA_FILE, MODEL_FILE, trusted_types, versions
from sklearn_trainer.model.pipeline import Pipeline
from sklearn_trainer.serving.body import Layout, ModelInput

_Record = TypeVar("_Record")


@dataclass(frozen=True)
class Model:
    """A fitted pipeline, and how to talk to it."""

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
    layout = Layout(
        _decoded(ModelInput, metadata["input"], "input"),
        _decoded(Schema, metadata["schema"], "schema"),
    )
    pipeline = _read_pipeline(folders, metadata)
    # Requests run in parallel processes, each with one thread.
    jobs = [name for name in pipeline.get_params() if name.rpartition("__")[2] == "n_jobs"]
    pipeline.set_params(**dict.fromkeys(jobs))
    classes = None
    if metadata.get("task") == "classification":
        classes = tuple(pipeline.classes_.tolist())
    return Model(pipeline, layout, classes)


def _read_metadata(folders: Folders) -> dict[str, Any]:
    path = folders.model / METADATA_FILE
    metadata = read_json(path) if path.is_file() else None
    if not isinstance(metadata, dict) or not {"schema", "input"} <= metadata.keys():
        raise ModelError(
            "There is no model of a Tunedrop run that can be served",
            where=str(folders.model),
            found="no metadata.json"
            if metadata is None
            else "a metadata.json without the model's input",
            expected=f"{MODEL_FILE} and {METADATA_FILE}, as a run's Confirm job writes them",
            to_do="Name the model.tar.gz of a run, made by this image's release, as ModelDataUrl.",
        )
    return metadata


def _decoded(record: type[_Record], value: Any, key: str) -> _Record:
    try:
        return TypeAdapter(record).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise ModelError(
            f"{METADATA_FILE} is not what this image reads",
            where=f"{METADATA_FILE} {'.'.join(map(str, (key, *first['loc'])))}",
            found=repr(first["input"])[:80],
            expected=first["msg"],
            to_do="Serve the model with the image that made it.",
        ) from error


def _read_pipeline(folders: Folders, metadata: dict[str, Any]) -> Pipeline:
    path = folders.model / MODEL_FILE
    try:
        unknown = sorted(set(skops.get_untrusted_types(file=path)) - trusted_types())
    except Exception as error:
        raise _unreadable(path, error) from error
    if unknown:
        raise ModelError(
            "The model has parts that this image does not list as safe to load",
            where=str(path),
            found=", ".join(unknown[:10]),
            to_do=f"Serve it with the image that made it ({_differences(metadata)}).",
        )
    try:
        return skops.load(path, trusted=sorted(trusted_types()))
    except Exception as error:
        raise _unreadable(path, error, _differences(metadata)) from error


def _unreadable(path: object, error: Exception, made_by: str = "") -> ModelError:
    return ModelError(
        "The model cannot be read by this image",
        where=str(path),
        found=f"{type(error).__name__}: {error}"[:300],
        to_do="Serve it with the image that made it" + (f" ({made_by})." if made_by else "."),
    )


def _differences(metadata: dict[str, Any]) -> str:
    """Say which packages the model was made with, where this image has others."""
    made_with = metadata.get("versions")
    here = versions()
    different = [
        f"{name} {version}, here {here.get(name, 'none')}"
        for name, version in (made_with.items() if isinstance(made_with, dict) else ())
        if here.get(name) != version
    ]
    return "; ".join(different) or "it was made with the same versions"
