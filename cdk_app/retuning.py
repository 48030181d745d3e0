"""Scheduled retuning: a schedule whose ticks go to the door; Admit lists the datasets."""

from __future__ import annotations

import json

from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from cdk_app.arrivals import Arrivals
from cdk_app.dead_letters import DeadLetters
from cdk_app.permissions import make_role, of_this_account
from cdk_app.settings import RetuningSchedule

# EventBridge Scheduler puts the time of the tick here (ISO).
TICK = "<aws.scheduler.scheduled-time>"


class Retuning(Construct):
    """Sends a tick to Arrivals whenever the schedule is due; a tick is delivered at least once."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        retuning: RetuningSchedule,
        arrivals: Arrivals,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, construct_id)
        role = make_role(
            self,
            "ScheduleRole",
            service="scheduler.amazonaws.com",
            description=f"Schedule of {self.node.path}",
            conditions=of_this_account(self),
            permissions=[arrivals.sending(), dead_letters.sending()],
        )
        datasets = retuning.datasets
        scheduler.CfnSchedule(
            self,
            "Schedule",
            description="Starts scheduled retuning (Tunedrop)",
            schedule_expression=str(retuning.schedule),
            schedule_expression_timezone=retuning.timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=arrivals.queue.queue_arn,
                role_arn=role.role_arn,
                input=json.dumps({"tick": TICK, "datasets": list(datasets) if datasets else None}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=dead_letters.queue.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=6 * 3600, maximum_retry_attempts=50
                ),
            ),
        )
