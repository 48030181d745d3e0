"""The state machine of a run: settle, plan, tune, confirm, report, notify.

docs/interfaces.md has the table of states; only names and keys travel between them.
"""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from cdk_app.functions import Functions
from cdk_app.machine import invoke, invoking, make_state_machine
from cdk_app.notifications import alarm_on
from cdk_app.permissions import Permission
from cdk_app.retries import MOST_ATTEMPTS, Retry
from cdk_app.settings import Settings

EXECUTION = sfn.JsonPath.string_at("$$.Execution.Id")
STARTED = sfn.JsonPath.string_at("$$.Execution.StartTime")
JOB_FIELDS = ("dataset", "run_id", "job", "kind")


class RunStateMachine(Construct):
    """`<stack>-run`: one execution for each event, forced start or tick; most end as a run."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        settings: Settings,
        functions: Functions,
        topic: sns.ITopic,
        publishing: list[Permission],
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._functions = functions
        self._topic = topic
        self._failure = self._record_failure()
        self._job_failure = self._record_job_failure()
        called = (
            functions.plan_run, functions.start_job, functions.await_job, functions.write_report,
            functions.record_failure,
        )  # fmt: skip
        self.state_machine = make_state_machine(
            self,
            name=name,
            comment="A dataset becomes a tuned model and a report (Tunedrop)",
            definition=self._route(),
            permissions=[invoking(*called), *publishing],
            timeout=Duration.seconds(settings.run_timeout_seconds),
            log_retention_days=settings.retention_days.logs,
            log_key_arn=settings.kms_key_arn,
        )
        # Timing out skips every Catch, and so NotifyFailure.
        alarm_on(
            self,
            self.state_machine.metric_timed_out(period=Duration.minutes(5)),
            meaning="A run took longer than run_timeout_seconds and was cut off. StopJobs stops "
            "its jobs; the failure.json of the run says what to do.",
            topic=topic,
        )

    def _route(self) -> sfn.IChainable:
        notify = self._notify()
        planned = self._plan_run().next(self._is_planned(self._tune_to_report(notify)))
        settle = sfn.Wait(
            self,
            "Settle",
            time=sfn.WaitTime.duration(Duration.seconds(self._settings.settle_seconds)),
            comment="All files of a dataset shall be there before it is listed",
        ).next(planned)
        rebuild = self._rebuild_report().next(notify)
        return (
            sfn.Choice(self, "Route", comment="An event, a person, a tick, or a report again?")
            .when(sfn.Condition.is_present("$.report"), rebuild)
            .when(sfn.Condition.is_present("$.detail"), settle)
            .otherwise(planned)
        )

    def _plan_run(self) -> tasks.LambdaInvoke:
        return self._guarded(
            invoke(
                self,
                "PlanRun",
                self._functions.plan_run,
                comment="Claim the content, copy it, resolve the plan",
                payload={
                    "input": sfn.JsonPath.object_at("$"),
                    "execution": EXECUTION,
                    "started": STARTED,
                },
                output_path="$.Payload",
            )
        )

    def _is_planned(self, planned: sfn.IChainable) -> sfn.Choice:
        return (
            sfn.Choice(self, "IsPlanned")
            .when(sfn.Condition.string_equals("$.outcome", "planned"), planned)
            .otherwise(
                sfn.Succeed(
                    self, "NothingToDo", comment="Not a dataset, or another execution's run"
                )
            )
        )

    def _tune_to_report(self, notify: sfn.IChainable) -> sfn.IChainable:
        return (
            self._tune()
            .next(self._start("StartConfirm", "$.confirm", result_path=sfn.JsonPath.DISCARD))
            .next(self._await("AwaitConfirm", "$.confirm", result_path="$.confirmed"))
            .next(self._write_report())
            .next(notify)
        )

    # the tuning jobs

    def _tune(self) -> sfn.Map:
        one_job = self._start("StartJob", "$", output_path="$.Payload").next(
            self._await("AwaitJob", "$")
        )
        tune = sfn.Map(
            self,
            "Tune",
            comment="One tuning job for each estimator",
            items_path="$.tuning_jobs",
            max_concurrency_path="$.parallel_tuning_jobs",
            result_path="$.tuned",
        )
        tune.item_processor(one_job)
        return tune.add_catch(self._failure, errors=[sfn.Errors.ALL], result_path="$.error")

    def _start(self, state: str, job: str, **options: Any) -> tasks.LambdaInvoke:
        task = invoke(
            self,
            state,
            self._functions.start_job,
            comment="Create the SageMaker job; again and again while a quota is used up",
            payload={**_job(job), "execution": EXECUTION},
            **options,
        )
        return self._guarded(task) if job != "$" else self._recorded(task)

    def _await(self, state: str, job: str, **options: Any) -> tasks.LambdaInvoke:
        heartbeat = Duration.seconds(self._settings.heartbeat_seconds)
        task = invoke(
            self,
            state,
            self._functions.await_job,
            comment="Wait, with no polling, for the job's event",
            payload={**_job(job), "token": sfn.JsonPath.task_token, "execution": EXECUTION},
            integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
            heartbeat_timeout=sfn.Timeout.duration(heartbeat),
            **options,
        )
        # An event that never came: look at the job again. The run's own timeout is the limit.
        task.add_retry(
            errors=[sfn.Errors.HEARTBEAT_TIMEOUT],
            interval=Duration.seconds(1),
            backoff_rate=1,
            max_attempts=MOST_ATTEMPTS,
        )
        return self._guarded(task) if job != "$" else self._recorded(task)

    def _recorded(self, task: tasks.LambdaInvoke) -> tasks.LambdaInvoke:
        """Let a tuning job that fails end its own branch only: the others go on."""
        task.add_catch(self._job_failure, errors=[sfn.Errors.ALL], result_path="$.error")
        return task

    def _record_job_failure(self) -> tasks.LambdaInvoke:
        return invoke(
            self,
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
            invoke(
                self,
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

    def _rebuild_report(self) -> tasks.LambdaInvoke:
        return self._guarded(
            invoke(
                self,
                "RebuildReport",
                self._functions.write_report,
                comment="The report of a run whose jobs have succeeded, once more",
                payload={"report": sfn.JsonPath.string_at("$.report"), "execution": EXECUTION},
                output_path="$.Payload",
            )
        )

    def _notify(self) -> sfn.IChainable:
        done = sfn.Succeed(self, "Done")
        return self._publish("Notify", "$.notification", then=done).next(done)

    def _record_failure(self) -> sfn.IChainable:
        failed = sfn.Fail(self, "RunFailed", error_path="$.error.Error", cause_path="$.error.Cause")
        record = invoke(
            self,
            "RecordFailure",
            self._functions.record_failure,
            comment="Stop the run's jobs and write failure.json",
            payload={
                "input": sfn.JsonPath.object_at("$$.Execution.Input"),
                "execution": EXECUTION,
                "started": STARTED,
                "error": sfn.JsonPath.object_at("$.error"),
            },
            result_selector={"notification": sfn.JsonPath.object_at("$.Payload.notification")},
            result_path="$.recorded",
        )
        # The execution ends with the run's error, not with one of the recording.
        record.add_catch(failed, errors=[sfn.Errors.ALL], result_path="$.recording_error")
        notify = self._publish("NotifyFailure", "$.recorded.notification", then=failed)
        return record.next(notify).next(failed)

    def _publish(self, state: str, notification: str, *, then: sfn.IChainable) -> tasks.SnsPublish:
        task = tasks.SnsPublish(
            self,
            state,
            topic=self._topic,
            subject=sfn.JsonPath.string_at(f"{notification}.subject"),
            message=sfn.TaskInput.from_json_path_at(f"{notification}.message"),
            result_path=sfn.JsonPath.DISCARD,
            comment="Its failure fails nothing",
        )
        Retry((sfn.Errors.TASKS_FAILED,), 2, max_delay_seconds=60, attempts=5).add_to(task)
        task.add_catch(then, errors=[sfn.Errors.ALL], result_path=sfn.JsonPath.DISCARD)
        return task

    def _guarded(self, task: tasks.LambdaInvoke) -> tasks.LambdaInvoke:
        """Send every error that was not retried, or not for long enough, to RecordFailure."""
        task.add_catch(self._failure, errors=[sfn.Errors.ALL], result_path="$.error")
        return task


def _job(path: str) -> dict[str, str]:
    return {name: sfn.JsonPath.string_at(f"{path}.{name}") for name in JOB_FIELDS}
