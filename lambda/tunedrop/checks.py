"""Where checks of models in use are kept, and the newest of them."""

from __future__ import annotations

import logging
from datetime import datetime

from pydantic import Field

from tunedrop import keys, wording
from tunedrop.errors import UnreadableState
from tunedrop.storage import Bucket
from tunedrop_common.checks import FEWEST_ROWS, FEWEST_ROWS_OF_A_CLASS, CheckScore
from tunedrop_common.estimates import IntervalEstimate
from tunedrop_common.metric_names import MetricName, describe_metric

logger = logging.getLogger(__name__)


class Check(CheckScore):
    """`checks/<dataset>/<file>-<version>.json`: written before the record of the predictions."""

    dataset: str
    run_id: str = Field(description="The run whose model was in use.")
    file: str
    version_id: str = Field(description="Of the file.")
    time: datetime = Field(description="When the file was uploaded.")


def describe_check(check: CheckScore) -> str:
    """Return a check in a sentence.

    Example
    -------
    The model's balanced accuracy on these 214 rows is 0.91 (95% CI 0.87 to 0.95), as promised:
    0.93 (95% CI 0.9 to 0.96).
    """
    metric = describe_metric(check.metric)
    promised = _write(metric, check.promised)
    has_score = (
        f"The model's {metric.words} on {'these' if check.rows > 1 else 'this'} "
        f"{wording.count(check.rows, 'row')} is {_write(metric, check.score)}"
    )
    if check.score.value is None:
        return f"The model's {metric.words} is not defined for these {check.rows:,} rows."
    if check.verdict == "too few rows":
        return (
            f"{has_score}, of too few rows to compare it with what was promised, {promised}: at "
            f"least {FEWEST_ROWS}, and {FEWEST_ROWS_OF_A_CLASS} of each class, are needed."
        )
    verdict = check.verdict if check.verdict == "as promised" else f"{check.verdict} than promised"
    return f"{has_score}, {verdict}: {promised}."


def _write(metric: MetricName, estimate: IntervalEstimate) -> str:
    ends = wording.interval(metric.interval(*estimate.ends), lambda end: wording.number(end, 3))
    value = wording.number(metric.shown(estimate.value), 3)
    return f"{value} (95% CI {ends})" if ends else value


def read_newest_checks(bucket: Bucket, dataset: str, most: int) -> list[Check]:
    """Return the newest checks of a dataset, the oldest of them first; damaged ones are skipped."""
    listed = sorted(
        bucket.list_objects(keys.checks_of(dataset)),
        key=lambda listed: (listed.last_modified, listed.key),
    )
    checks = []
    for entry in listed[-most:]:
        try:
            check = bucket.find_record(entry.key, Check)
        except UnreadableState as error:
            logger.error("skipped: %s", error)
            continue
        if check is not None:
            checks.append(check)
    return checks
