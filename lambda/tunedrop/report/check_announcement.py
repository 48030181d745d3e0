"""A new check: the dataset's page shows it, and it is announced if the model in use is worse.

Checks come in any order and more than once; a marker in the run's folder keeps the same one from
being announced again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from tunedrop import keys
from tunedrop.aws_errors import translated
from tunedrop.champions.record import read_champion
from tunedrop.checks import Check, describe_check
from tunedrop.events import EventBus, ModelWorse
from tunedrop.failures.failures import subject
from tunedrop.index.publishing import publish_champion_and_checks
from tunedrop.records import is_dataset_name
from tunedrop.run_logs import add_run_keys
from tunedrop.storage import Bucket
from tunedrop.wording import one_line

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

Outcome: TypeAlias = Literal["no check", "no model in use", "shown", "announced"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckAnnouncement:
    """Where checks are, and where a worse model is announced: by a message and by an event."""

    bucket: Bucket
    sns: SNSClient
    topic: str
    bus: EventBus

    def show(self, key: str) -> Outcome:
        """Redraw the page of a check's dataset; announce the check if the model in use is worse.

        Raises
        ------
        UnreadableState
            If the check or the champion's record is damaged.
        """
        dataset, file = keys.split_file(keys.CHECKS, key)
        if not is_dataset_name(dataset) or not file.endswith(".json"):
            return "no check"
        add_run_keys(dataset=dataset)
        run_in_use = read_champion(self.bucket, dataset).run_in_use
        if run_in_use is None:
            return "no model in use"
        publish_champion_and_checks(self.bucket, dataset)
        check = self.bucket.find_record(key, Check)
        worse_model = ("worse", dataset, run_in_use)
        if check is None or (check.verdict, check.dataset, check.run_id) != worse_model:
            return "shown"
        marker = keys.check_announcement(dataset, run_in_use, key)
        if self.bucket.exists(marker):
            return "shown"
        self._announce(check, key)
        self.bucket.put_json_once(marker, {"check": key})
        return "announced"

    def _announce(self, check: Check, key: str) -> None:
        add_run_keys(run_id=check.run_id)
        # A metric filter of the stack reads this key (cdk_app/functions.py).
        logger.warning("the model in use is worse than promised", extra={"worse_models": 1})
        attributes = {"dataset": check.dataset, "status": "checked", "verdict": check.verdict}
        with translated():
            self.sns.publish(
                TopicArn=self.topic,
                Subject=subject(f"Tunedrop {check.dataset}: the model in use is worse"),
                Message=self._message(check, key),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
            )
        self.bus.put(
            ModelWorse(
                dataset=check.dataset,
                run_id=check.run_id,
                check=key,
                metric=check.metric,
                score=check.score.value,
                interval=check.score.interval,
                promised_score=check.promised.value,
                promised_interval=check.promised.interval,
                rows=check.rows,
            )
        )

    def _message(self, check: Check, key: str) -> str:
        name = check.dataset
        lines = [
            f"Dataset {name}: the model in use is worse than promised.",
            "",
            describe_check(check),
            "",
            f"Run of the model: {check.run_id}",
            f"Check: s3://{self.bucket.name}/{one_line(key, 1100)}",
            "",
            "The check says how the model errs. To tune again, with recent rows in the dataset:",
            f"  tunedrop run '{name}'",
            "To put an earlier model into use:",
            f"  tunedrop champion '{name}' --use RUN",
        ]
        return "\n".join(lines) + "\n"
