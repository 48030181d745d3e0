"""Events for other systems, on an EventBridge bus: of runs, and of models in use.

docs/events.schema.json describes them. An event is put when all else is written. Who could not put
it is called again and puts the same detail: at least once. None has values of people's data.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal

from botocore.exceptions import ClientError
from pydantic import ConfigDict, Field

from tunedrop.aws_errors import code_of, translated
from tunedrop.errors import TransientAwsError
from tunedrop_common.estimates import Finding, Interval, Number

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "tunedrop"
# Of entries that EventBridge did not take; another attempt cannot help against all others.
_RETRYABLE = {"InternalFailure", "ThrottlingException"}

logger = logging.getLogger(__name__)


class EventDetail(Finding):
    """What the detail of each event has."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    detail_type: ClassVar[str]

    version: Literal[1] = 1
    dataset: str
    run_id: str


class _WithVerdict(EventDetail):
    """How the final comparison of a run ended: the score is that of the selected model."""

    verdict: str
    metric: str
    score: Number = Field(description="Greater is better.")
    interval: Interval = Field(description="95%, of the score.")


class RunFinished(_WithVerdict):
    """A run has its report."""

    detail_type = "Run Finished"


class RunFailed(EventDetail):
    """A run ended without a report; failure.json of the run says why."""

    detail_type = "Run Failed"

    status: Literal["rejected", "failed"] = Field(description="Rejected: the input is wrong.")
    error: str = Field(description="Its name, as in failure.json.")


class ChampionChanged(_WithVerdict):
    """The model of a run was put into use."""

    detail_type = "Champion Changed"

    replaced_run_id: str | None = Field(description="The run whose model was in use before.")
    made_by: Literal["run", "use", "approval"]
    time: datetime


class ModelWorse(EventDetail):
    """The model in use predicts rows with outcomes worse than promised."""

    detail_type = "Model Worse"

    check: str = Field(description="Key of the check in the bucket.")
    metric: str
    score: Number = Field(description="On the rows of the check; greater is better.")
    interval: Interval = Field(description="95%, of the score.")
    promised_score: Number
    promised_interval: Interval
    rows: int


EVENTS = (RunFinished, RunFailed, ChampionChanged, ModelWorse)


@dataclass(frozen=True)
class EventBus:
    """The deployment's bus, by its name or ARN."""

    client: EventBridgeClient
    name: str

    def put(self, *details: EventDetail) -> None:
        """Put events; log those that EventBridge will never take, which fail nothing.

        Raises
        ------
        Throttled, TransientAwsError
            If another attempt may succeed.
        """
        if not details:
            return
        try:
            with translated():
                answer = self.client.put_events(
                    Entries=[
                        {
                            "EventBusName": self.name,
                            "Source": SOURCE,
                            "DetailType": detail.detail_type,
                            "Detail": json.dumps(detail.model_dump(mode="json")),
                        }
                        for detail in details
                    ]
                )
        except ClientError as error:
            codes = {code_of(error)}
        else:
            codes = {entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry}
        if codes & _RETRYABLE:
            raise TransientAwsError(f"EventBridge did not take all events: {', '.join(codes)}")
        if codes:
            logger.error("the bus %s rejected events: %s", self.name, ", ".join(codes))
