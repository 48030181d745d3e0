"""The states of a run: plan, tune, confirm, report, notify.

docs/architecture.md has the table of states; only names and keys travel between them.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.functions import Functions
from cdk_app.retries import MOST_ATTEMPTS, NEXT_ATTEMPT, REJECTIONS, RETRIES, add_retry

EXECUTION = sfn.JsonPath.string_at("$$.Execution.Id")
RUN = {name: sfn.JsonPath.string_at(f"$.{name}") for name in ("dataset", "run_id")}
# The attempt that was waited for failed, and may be repeated.
ANOTHER_ATTEMPT: Any = {"errors": [NEXT_ATTEMPT], "result_path": sfn.JsonPath.DISCARD}
JOB_FIELDS = ("dataset", "run_id", "job", "kind")


class RunStates:
    """The definition of the state machine."""

    def __init__(
        self, scope: Construct, *, functions: Functions, topic: sns.ITopic, heartbeat_seconds: int
    ) -> None:
        self._scope = scope
        self._functions = functions
        self._topic = topic
        self._heartbeat = Duration.seconds(heartbeat_seconds)
        self._failure = self._record_failure()
        self._job_failure = self._record_job_failure()

    def definition(self) -> sfn.IChainable:
        """Return the states, from PlanRun to Done."""
        plan = self._invoke(
            "PlanRun",
            self._functions.plan_run,
            comment="Copy the inputs, resolve the plan",
            payload={**RUN, "execution": EXECUTION},
            output_path="$.Payload",
        )
        rejection = self._record_rejection()
        plan.add_catch(rejection, errors=list(REJECTIONS), result_path="$.error")
        succeeded = sfn.Succeed(self._scope, "Done")
        return (
            self._guarded(plan)
            .next(self._tune())
            .next(self._confirm())
            .next(self._write_report())
            .next(self._publish("Notify", "$.notification", "finished", successor=succeeded))
            .next(succeeded)
        )

    # the jobs

    def _tune(self) -> sfn.Map:
        start = self._start("StartJob", "$", output_path="$.Payload")
        wait = self._await("AwaitJob", "$", attempt="$.attempt")
        wait.add_catch(start, **ANOTHER_ATTEMPT)
        for task in (start, wait):
            # A tuning job that fails ends its own branch only: the others go on.
            task.add_catch(self._job_failure, errors=[sfn.Errors.ALL], result_path="$.error")
        tune = sfn.Map(
            self._scope,
            "Tune",
            comment="One tuning job for each estimator",
            items_path="$.tuning_jobs",
            max_concurrency_path="$.parallel_tuning_jobs",
            result_path="$.tuned",
        )
        tune.item_processor(start.next(wait))
        return tune.add_catch(self._failure, errors=[sfn.Errors.ALL], result_path="$.error")

    def _confirm(self) -> sfn.Chain:
        start = self._start(
            "StartConfirm",
            "$.confirm",
            result_selector={"attempt": sfn.JsonPath.string_at("$.Payload.attempt")},
            result_path="$.started",
        )
        wait = self._await(
            "AwaitConfirm", "$.confirm", attempt="$.started.attempt", result_path="$.confirmed"
        )
        wait.add_catch(start, **ANOTHER_ATTEMPT)
        return self._guarded(start).next(self._guarded(wait))

    def _start(self, state: str, job: str, **options: Any) -> tasks.LambdaInvoke:
        return self._invoke(
            state,
            self._functions.start_job,
            comment="Create the SageMaker job; again and again while a quota is used up",
            payload={**_job(job), "execution": EXECUTION},
            **options,
        )

    def _await(self, state: str, job: str, *, attempt: str, **options: Any) -> tasks.LambdaInvoke:
        task = self._invoke(
            state,
            self._functions.await_job,
            comment="Wait, with no polling, for the job's event",
            payload={
                **_job(job),
                "attempt": sfn.JsonPath.string_at(attempt),
                "token": sfn.JsonPath.task_token,
                "execution": EXECUTION,
            },
            integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
            heartbeat_timeout=sfn.Timeout.duration(self._heartbeat),
            **options,
        )
        # An event that never came: look at the job again. The run's own timeout is the limit.
        task.add_retry(
            errors=[sfn.Errors.HEARTBEAT_TIMEOUT],
            interval=Duration.seconds(1),
            backoff_rate=1,
            max_attempts=MOST_ATTEMPTS,
        )
        return task

    def _record_job_failure(self) -> tasks.LambdaInvoke:
        return self._invoke(
            "RecordJobFailure",
            self._functions.record_failure,
            comment="Note that this tuning job could not be run; go on with the others",
            payload={
                "job": _job("$"),
                "execution": EXECUTION,
                "error": sfn.JsonPath.object_at("$.error"),
            },
            output_path="$.Payload",
        )

    # report and notification

    def _write_report(self) -> tasks.LambdaInvoke:
        return self._guarded(
            self._invoke(
                "WriteReport",
                self._functions.write_report,
                comment="Results, report and model; the champion by a conditional write",
                payload={
                    "dataset": sfn.JsonPath.string_at("$.run.dataset"),
                    "run_id": sfn.JsonPath.string_at("$.run.run_id"),
                    "execution": EXECUTION,
                },
                output_path="$.Payload",
            )
        )

    def _record_failure(self) -> sfn.IChainable:
        failed = sfn.Fail(
            self._scope, "RunFailed", error_path="$.error.Error", cause_path="$.error.Cause"
        )
        record = self._record("RecordFailure", "Stop the run's jobs and write failure.json")
        # The execution ends with the run's error, not with one of the recording.
        record.add_catch(failed, errors=[sfn.Errors.ALL], result_path="$.recording_error")
        notify = self._publish(
            "NotifyFailure", "$.recorded.notification", "failed", successor=failed
        )
        return record.next(notify).next(failed)

    def _record_rejection(self) -> sfn.IChainable:
        """End a run whose input is wrong; that is no failure of the deployment."""
        rejected = sfn.Succeed(self._scope, "Rejected")
        record = self._record("RecordRejection", "Write failure.json: what is wrong with the input")
        record.add_catch(self._failure, errors=[sfn.Errors.ALL], result_path="$.recording_error")
        notify = self._publish(
            "NotifyRejection", "$.recorded.notification", "rejected", successor=rejected
        )
        return record.next(notify).next(rejected)

    def _record(self, state: str, comment: str) -> tasks.LambdaInvoke:
        return self._invoke(
            state,
            self._functions.record_failure,
            comment=comment,
            payload={
                # The state is what failed left of it; the execution's input is always the run.
                "run": sfn.JsonPath.object_at("$$.Execution.Input"),
                "execution": EXECUTION,
                "error": sfn.JsonPath.object_at("$.error"),
            },
            result_selector={"notification": sfn.JsonPath.object_at("$.Payload.notification")},
            result_path="$.recorded",
        )

    def _publish(
        self, state: str, notification: str, status: str, *, successor: sfn.IChainable
    ) -> tasks.SnsPublish:
        attributes = {
            "dataset": sfn.JsonPath.string_at("$$.Execution.Input.dataset"),
            "status": status,
        }
        if status == "finished":
            attributes["verdict"] = sfn.JsonPath.string_at(f"{notification}.verdict")
        task = tasks.SnsPublish(
            self._scope,
            state,
            topic=self._topic,
            subject=sfn.JsonPath.string_at(f"{notification}.subject"),
            message=sfn.TaskInput.from_json_path_at(f"{notification}.message"),
            # For filters of subscriptions.
            message_attributes={
                name: tasks.MessageAttribute(value=value) for name, value in attributes.items()
            },
            result_path=sfn.JsonPath.DISCARD,
            comment="Its failure fails nothing",
        )
        add_retry(task, (sfn.Errors.TASKS_FAILED,), 2, 60, 5)
        task.add_catch(successor, errors=[sfn.Errors.ALL], result_path=sfn.JsonPath.DISCARD)
        return task

    def _invoke(
        self,
        state: str,
        function: lambda_.Function,
        *,
        payload: dict[str, Any],
        comment: str,
        **options: Any,
    ) -> tasks.LambdaInvoke:
        """Make a task which calls a Lambda and outlasts what passes by itself."""
        task = tasks.LambdaInvoke(
            self._scope,
            state,
            lambda_function=function.current_version,
            payload=sfn.TaskInput.from_object(payload),
            comment=comment,
            retry_on_service_exceptions=False,  # ours are in `retries`
            **options,
        )
        for retry in RETRIES:
            add_retry(task, *retry)
        return task

    def _guarded(self, task: tasks.LambdaInvoke) -> tasks.LambdaInvoke:
        """Send every error that was not retried, or not for long enough, to RecordFailure."""
        task.add_catch(self._failure, errors=[sfn.Errors.ALL], result_path="$.error")
        return task


def _job(path: str) -> dict[str, str]:
    return {name: sfn.JsonPath.string_at(f"{path}.{name}") for name in JOB_FIELDS}
