"""Predict: from a file of rows to its predictions, once for each version of the file.

The record is written last. What is delivered twice, or again after a crash, finds it, or begins
again: the answer is the same.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sklearn_trainer.data.distributions import LEAST_ROWS_TO_COMPARE
from sklearn_trainer.errors import RequestError
from sklearn_trainer.serving.file_prediction import predict_file
from sklearn_trainer.serving.model_folder import Model, unpack_model
from sklearn_trainer.serving.row_files import check_size
from tunedrop import keys
from tunedrop.champions.record import ChampionModel, read_champion
from tunedrop.checks import Check, describe_check
from tunedrop.errors import UserInputError
from tunedrop.objects import ObjectNotFound, ObjectVersion
from tunedrop.predicting.messages import RowFileName, split_key, suffix_of
from tunedrop.predicting.notes import describe
from tunedrop.predicting.records import Attempts, PredictionError, PredictionRecord
from tunedrop.storage import Bucket, to_json
from tunedrop_common.checks import CheckScore

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 2
# The Lambda's time limit: after it, an attempt has ended in any case.
TIME_LIMIT = timedelta(minutes=15)
# Of the time limit, for the model and for writing the answer.
_RESERVE = timedelta(minutes=2)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class StillPredicting(Exception):
    """Another invocation may be at work on this version of the file; try again later."""


@dataclass(frozen=True)
class Predictor:
    """Predicts files of the bucket.

    Parameters
    ----------
    max_bytes
        Of a file's decoded rows.
    """

    bucket: Bucket
    max_bytes: int

    def predict_newest(self, name: RowFileName) -> PredictionRecord | None:
        """Predict the newest version of a file, unless that was done.

        Returns
        -------
        The record of that version; None if there is no file, or a newer one meanwhile, whose own
        event follows.

        Raises
        ------
        StillPredicting
            If another invocation may be at work on it.
        """
        version = self.bucket.newest_version(keys.rows_to_predict(name.dataset, name.file))
        if version is None:
            return None
        key = keys.prediction(name.dataset, name.file)
        written = self.bucket.find_record(key, PredictionRecord)
        if written is not None and written.version_id == version.version_id:
            return written
        record = PredictionRecord(
            status="failed",
            dataset=name.dataset,
            file=name.file,
            version_id=version.version_id,
            time=now(),
        )
        try:
            with self._attempt(name, version):
                return self._write(self._predict(name, version, record))
        except UserInputError as error:  # no further attempt
            return self._write(record.model_copy(update={"error": PredictionError.of(error)}))

    def find_unanswered(self) -> Iterator[RowFileName]:
        """Yield the files whose newest version has no record, though there was time for one."""
        answered = {
            record.key: record.last_modified
            for record in self.bucket.list_objects(keys.PREDICTIONS)
        }
        latest = now() - 2 * TIME_LIMIT
        for listed in self.bucket.list_objects(keys.PREDICT):
            name = split_key(listed.key)
            if name is None or listed.last_modified > latest:
                continue
            time = answered.get(keys.prediction(name.dataset, name.file))
            if time is None or time < listed.last_modified:
                yield name

    def _predict(
        self, name: RowFileName, version: ObjectVersion, record: PredictionRecord
    ) -> PredictionRecord | None:
        """Return the record of an attempt; None if the file was replaced meanwhile."""
        try:
            suffix = suffix_of(name.file)
            check_size(version.bytes, self.max_bytes)  # decoded, it has no less
            champion = self._champion(name.dataset)
            record = record.model_copy(update={"run_id": champion.run_id, "model": champion.model})
            model = _load_model(self.bucket, name.dataset, champion.run_id)
            return self._answer(version, record, model, suffix)
        except RequestError as error:
            return record.model_copy(update={"error": _error_of_request(error, name.file)})
        except UserInputError as error:
            return record.model_copy(update={"error": PredictionError.of(error)})

    def _write(self, record: PredictionRecord | None) -> PredictionRecord | None:
        if record is not None:
            key = keys.prediction(record.dataset, record.file)
            self.bucket.put_json(key, record.model_dump(mode="json"))
            logger.info("rows predicted", extra={"status": record.status, "rows": record.rows})
        return record

    def _answer(
        self, version: ObjectVersion, record: PredictionRecord, model: Model, suffix: str
    ) -> PredictionRecord | None:
        """Write the rows with their predictions, unless the file was replaced meanwhile."""
        seconds = (TIME_LIMIT - _RESERVE).total_seconds()
        with TemporaryDirectory() as folder:
            source, answer = Path(folder, f"rows{suffix}"), Path(folder, f"answer{suffix}")
            self.bucket.download(version.key, source, version_id=version.version_id)
            outcome = predict_file(
                model, source, answer, max_bytes=self.max_bytes, max_seconds=seconds
            )
            newest = self.bucket.newest_version(version.key)
            if newest is None or newest.version_id != version.version_id:
                return None
            key = keys.predicted_rows(record.dataset, record.file)
            answer_version_id = self.bucket.upload(answer, key)
        content = {name: value for name, value in vars(outcome).items() if name != "check"}
        done = record.model_copy(
            update={"status": "done", "answer_version_id": answer_version_id, **content}
        )
        notes = describe(done, LEAST_ROWS_TO_COMPARE)
        if outcome.check is None:
            return done.model_copy(update={"notes": notes})
        check = self._write_check(done, outcome.check, version.last_modified)
        scored = {"verdict": check.verdict, "score": check.score}
        return done.model_copy(update=scored | {"notes": (describe_check(check), *notes)})

    def _write_check(self, record: PredictionRecord, score: CheckScore, time: datetime) -> Check:
        """Write the check of a version of a file, unless an earlier attempt did."""
        key = keys.check(record.dataset, record.file, record.version_id)
        earlier = self.bucket.find_record(key, Check)
        if earlier is not None and earlier.run_id == record.run_id:
            return earlier
        check = Check(
            **dict(score),
            dataset=record.dataset,
            run_id=record.run_id or "",
            file=record.file,
            version_id=record.version_id,
            time=time,
        )
        self.bucket.put_json(key, check.model_dump(mode="json"))
        return check

    def _champion(self, dataset: str) -> ChampionModel:
        champion = read_champion(self.bucket, dataset).in_use
        if champion is None:
            raise UserInputError(
                "The dataset has no model in use",
                where=dataset,
                to_do="Drop training data, wait for the run's report, and upload the rows again.",
            )
        return champion

    @contextmanager
    def _attempt(self, name: RowFileName, version: ObjectVersion) -> Iterator[None]:
        """Count an attempt, unless it ends in an error that is not the file's.

        Raises
        ------
        UserInputError
            After two attempts that did not end: memory or time ran out.
        """
        key = keys.prediction_attempts(name.dataset, name.file)

        def begin(current: bytes | None) -> bytes:
            attempts = None if current is None else self.bucket.parse(key, current, Attempts)
            if attempts is None or attempts.version_id != version.version_id:
                return encode(1)
            if attempts.count and now() - attempts.began < TIME_LIMIT:
                raise StillPredicting(f"an attempt began at {attempts.began:%H:%M:%S}")
            if attempts.count >= MAX_ATTEMPTS:
                raise UserInputError(
                    "The predictions did not finish",
                    where=name.file,
                    found=f"{MAX_ATTEMPTS} attempts that ran out of memory or time",
                    to_do="Split the file, or use a batch transform (docs/serving.md).",
                )
            return encode(attempts.count + 1)

        def encode(count: int) -> bytes:
            attempts = Attempts(version_id=version.version_id, count=count, began=now())
            return to_json(attempts.model_dump(mode="json"))

        begun = self.bucket.parse(key, self.bucket.rewrite(key, begin), Attempts)
        try:
            yield
        except MemoryError:
            raise  # the next attempt may find more of it
        except Exception:
            self.bucket.rewrite(key, lambda _: encode(begun.count - 1))
            raise


@lru_cache(maxsize=1)
def _load_model(bucket: Bucket, dataset: str, run_id: str) -> Model:
    """Return a run's model; invocations of one process share it."""
    with TemporaryDirectory() as folder:
        archive = Path(folder, "model.tar.gz")
        try:
            bucket.download(keys.model(dataset, run_id), archive)
        except ObjectNotFound:
            raise UserInputError(
                "The model in use is no longer there",
                where=keys.model(dataset, run_id),
                to_do=f"Start a run: tunedrop run {dataset}",
            ) from None
        return unpack_model(archive, Path(folder))


def _error_of_request(error: RequestError, file: str) -> PredictionError:
    """Return the parts of an error about some rows."""
    content = dict(error.content)
    what = content.pop("message").rstrip(".")
    places = [file]
    if row := content.pop("row", None):
        places.append(f"row {row}")
    if column := content.pop("column", ""):
        places.append(f"column {column}")
    return PredictionError(what=what, where=", ".join(places), **content)
