"""Confirm's verdict: the scores that its training job writes to confirm.json in output.tar.gz.

The archive comes from a container that ran people's data, so it is read as hostile: bounded sizes,
one member by its exact name, nothing is extracted or unpickled, and the content is validated.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from typing import IO, Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError

from tunedrop.errors import ConfirmFailed
from tunedrop.wording import TUNED_PREFIX
from tunedrop_common.data_text import quote
from tunedrop_common.estimates import Interval, Label, MetricScore, Number
from tunedrop_common.explanation import Explanation
from tunedrop_common.plan import Record

MEMBER = "confirm.json"
# It has the predictions too: 50 MB at most, hardly smaller when they are packed.
MAX_ARCHIVE_BYTES = 64 * 2**20
MAX_MEMBER_BYTES = 16 * 2**20
MAX_UNPACKED_BYTES = 128 * 2**20
MAX_MEMBERS = 1000


# Of the pipeline's Python: nobody reads more on a page.
MAX_PYTHON_CHARACTERS = 200_000
Python = Annotated[
    str | None,
    BeforeValidator(lambda text: text if text and len(text) <= MAX_PYTHON_CHARACTERS else None),
]
Verdict = Literal["promoted", "kept champion", "first model", "no useful model"]


class Contender(Record):
    """One set of hyperparameters on the fresh folds; numbers that were not finite are null."""

    name: str
    estimator: str
    hyperparameters: dict[str, Label] = Field({})
    members: tuple[str, ...] = Field((), description="Of an ensemble: the estimators' keys.")
    status: Literal["scored", "not scored"]
    reason: str = ""
    scores: tuple[Number, ...] = ()
    mean: Number = None
    standard_error: Number = Field(None, description="Corrected for overlapping folds.")
    interval: Interval = Field(None, description="95%, corrected.")
    test_score: Number = None
    fit_seconds: Number = None
    metrics: dict[str, MetricScore] = Field({}, description="All of the plan, by scorer.")


class Comparison(Record):
    """The selected contender (a) and another, by the corrected resampled t-test."""

    a: str
    b: str
    difference: Number = None
    standard_error: Number = None
    t: Number = None
    p_value: Number = None
    clears_margin: bool


class Rows(Record):
    """How many rows were read, and left out."""

    train: int
    test: int
    dropped_missing_target: int


class FeatureProfile(Record):
    """A feature in summary, over the training rows."""

    name: str
    kind: str = Field(description="number, flag, category, text or moment.")
    missing: int
    distinct: int | None = None
    mean: Number = None
    standard_deviation: Number = None


class ClassRows(Record):
    """How many training rows a class has."""

    label: Label
    rows: int


class TargetProfile(Record):
    """The target in summary: rows of each class, most frequent first, or mean and spread."""

    classes: tuple[ClassRows, ...] = ()
    classes_in_all: int = 0
    mean: Number = None
    standard_deviation: Number = None


class Profile(Record):
    """The data in summary, as fit() got it."""

    features: tuple[FeatureProfile, ...]
    features_in_all: int
    target: TargetProfile


class ConfirmScores(Record):
    """confirm.json."""

    version: Literal[1]
    metric: str
    contenders: tuple[Contender, ...] = Field(min_length=1)
    comparisons: tuple[Comparison, ...]
    margin: Number = Field(description="How many standard errors a difference must have to count.")
    error_rate: Number = Field(
        description="How often, at most, what is promoted is no better on rows to come.",
    )
    selected: str
    verdict: Verdict
    sentence: str
    rows: Rows
    classes: tuple[Label, ...] | None
    folds: int
    repeats: int
    seed: int
    warnings: tuple[str, ...]
    versions: dict[str, str]
    profile: Profile
    python: Python = Field(
        None,
        description="Python that makes the selected pipeline, unfitted; null when it is too long.",
    )
    explanation: Explanation

    def contender(self, name: str) -> Contender | None:
        """Return the contender of that name, if it took part."""
        return next((contender for contender in self.contenders if contender.name == name), None)

    def tuned(self, estimator: str) -> Contender:
        """Return the tuned model of an estimator.

        Raises
        ------
        ConfirmFailed
            If there is none, although an ensemble has it.
        """
        model = self.contender(f"{TUNED_PREFIX}{estimator}")
        if model is None:
            raise ConfirmFailed(
                f"confirm.json has an ensemble of {estimator[:80]!r}, and no tuned model of it."
            )
        return model

    @property
    def selected_contender(self) -> Contender:
        """The contender whose model is the run's."""
        contender = self.contender(self.selected)
        if contender is None:
            raise ConfirmFailed(
                f"confirm.json selects {quote(self.selected)}, which is none of its contenders "
                f"({', '.join(rival.name[:80] for rival in self.contenders)})."
            )
        return contender


def read_archive(archive: IO[bytes], *, where: str) -> ConfirmScores:
    """Read confirm.json out of an output.tar.gz.

    Parameters
    ----------
    archive
        The compressed bytes, read once and forwards.
    where
        What to call the archive in errors: its S3 URI.

    Raises
    ------
    ConfirmFailed
        When the archive or what it holds is not what Confirm writes.
    """
    content = _read_member(archive, where=where)
    try:
        scores = ConfirmScores.model_validate_json(content)
    except ValidationError as error:
        # without the value: it may come from people's data
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "top"
        raise ConfirmFailed(
            f"{MEMBER} in {where} is not valid: {place}: {first['msg']}."
        ) from error
    _ = scores.selected_contender
    return scores


def _read_member(archive: IO[bytes], *, where: str) -> bytes:
    """Return the bytes of confirm.json."""
    try:
        with tarfile.open(fileobj=_Bounded(fileobj=archive), mode="r|") as members:
            for count, member in enumerate(members):
                if count >= MAX_MEMBERS:
                    raise ValueError(f"more than {MAX_MEMBERS} members")
                if member.name.removeprefix("./") == MEMBER:
                    return _content(members, member)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise ConfirmFailed(f"{where} cannot be read: {error}.") from error
    raise ConfirmFailed(
        f"{where} has no {MEMBER}: the Confirm job ended without its scores. "
        "Its log says what happened; start the run again once that is fixed."
    )


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        raise ValueError(f"{member.name} is not a regular file")
    if member.size > MAX_MEMBER_BYTES:
        raise ValueError(f"{member.name} has {member.size:,} bytes, over {MAX_MEMBER_BYTES:,}")
    return content.read()


class _Bounded(gzip.GzipFile):
    """Refuses to unpack more than MAX_UNPACKED_BYTES; tarfile reads small blocks."""

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes; raises ValueError beyond the limit."""
        data = super().read(size)
        if self.tell() > MAX_UNPACKED_BYTES:
            raise ValueError(f"more than {MAX_UNPACKED_BYTES:,} bytes when unpacked")
        return data
