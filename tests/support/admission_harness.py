"""A deployment's state in memory: bucket, queue, topic, executions, a clock, and crashes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from tests.support.fakes import START, Clock, FakeClient, FakeS3, client_error, object_created
from tests.support.workflow_world import Crash, Power, Powered
from tunedrop.admission.batches import Batch
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.user_calls import answer_call
from tunedrop.admission_state import AdmissionState, read_admission_state
from tunedrop.environment import AdmissionSettings, AdmitEnvironment, StartOn
from tunedrop.storage import Bucket

BUCKET = "bucket"
STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Tunedrop-run"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:Tunedrop"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/Tunedrop-Arrivals"
STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/Tunedrop/1"
RUNNING = "RUNNING"


class FakeQueue(FakeClient):
    """SQS: messages that become visible when the clock says so; at least once, in no order."""

    service = "sqs"

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.messages: list[tuple[datetime, str]] = []

    def send_message(self, **parameters: Any) -> dict[str, Any]:
        self.add(parameters["MessageBody"], parameters["DelaySeconds"])
        return {}

    def send_message_batch(self, **parameters: Any) -> dict[str, Any]:
        for entry in parameters["Entries"]:
            self.add(entry["MessageBody"], entry["DelaySeconds"])
        return {"Successful": parameters["Entries"]}

    def change_message_visibility(self, **parameters: Any) -> dict[str, Any]:
        return {}

    def add(self, body: str, delay: float = 0) -> None:
        self.messages.append((self.clock.time + timedelta(seconds=delay), body))

    def take(self, most: int = 10) -> list[str]:
        """Take messages that are visible by now, the oldest first."""
        visible = sorted((m for m in self.messages if m[0] <= self.clock.time), key=lambda m: m[0])[
            :most
        ]
        for message in visible:
            self.messages.remove(message)
        return [body for _, body in visible]


class FakeTopic(FakeClient):
    """SNS: what was published."""

    service = "sns"

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[str] = []

    def publish(self, **parameters: Any) -> dict[str, Any]:
        self.subjects.append(parameters["Subject"])
        return {}


class LaggingStepFunctions(FakeClient):
    """Step Functions whose answers to DescribeExecution are from some seconds ago.

    Names are taken at once, as documented: that is what makes StartExecution idempotent.
    """

    service = "stepfunctions"

    def __init__(self, clock: Clock, lag: float) -> None:
        super().__init__()
        self.clock, self.lag, self.created = clock, timedelta(seconds=lag), START
        self.states: dict[str, dict[str, Any]] = {}
        self.changes: list[tuple[datetime, str, dict[str, Any]]] = []

    def describe_state_machine(self, **parameters: Any) -> dict[str, Any]:
        return {"creationDate": self.created}

    def start_execution(self, **parameters: Any) -> dict[str, Any]:
        machine = parameters["stateMachineArn"].replace(":stateMachine:", ":execution:")
        arn = f"{machine}:{parameters['name']}"
        if arn in self.states:
            raise client_error("ExecutionAlreadyExists", 400)
        self.put(arn, RUNNING, parameters["input"])
        return {"executionArn": arn, "startDate": self.clock.time}

    def describe_execution(self, **parameters: Any) -> dict[str, Any]:
        arn, visible = parameters["executionArn"], self.clock.time - self.lag
        states = [state for time, name, state in self.changes if name == arn and time <= visible]
        if not states:
            raise client_error("ExecutionDoesNotExist", 400)
        return states[-1]

    def put(self, arn: str, status: str, run_input: str) -> None:
        state = {
            "executionArn": arn,
            "status": status,
            "input": run_input,
            "startDate": self.clock.time,
        }
        self.states[arn] = state
        self.changes.append((self.clock.time, arn, state))


@dataclass
class AdmissionHarness:
    """All of AWS that Admit sees, and what people, S3 and executions do around it."""

    quiet_period: float = 60
    slots: int = 10
    per_day: int = 1000
    all_per_day: int = 1000
    marker_file: str | None = None
    start_on: tuple[StartOn, ...] = ("drop", "schedule")
    lag: float = 5
    stack: str = STACK
    clock: Clock = field(default_factory=Clock)
    power: Power = field(default_factory=Power)

    def __post_init__(self) -> None:
        self.s3 = FakeS3(self.clock, page_size=1000)
        self.queue = FakeQueue(self.clock)
        self.topic = FakeTopic()
        self.steps = LaggingStepFunctions(self.clock, self.lag)
        self.most_at_once = 0
        self._numbers = count()

    # what Admit is given

    @property
    def context(self) -> AdmissionContext:
        settings = AdmissionSettings(
            self.quiet_period,
            self.slots,
            self.per_day,
            self.all_per_day,
            self.marker_file,
            self.start_on,
        )
        environment = AdmitEnvironment(BUCKET, STATE_MACHINE, QUEUE, TOPIC, self.stack, settings)
        clients: list[Any] = [
            Powered(client, self.power) for client in (self.s3, self.steps, self.queue, self.topic)
        ]
        s3, steps, queue, topic = clients
        return AdmissionContext(
            environment,
            bucket=Bucket(s3, BUCKET, pause=lambda seconds: None),
            stepfunctions=steps,
            sqs=queue,
            sns=topic,
            clock=self.clock,
            remaining_seconds=lambda: 900,
        )

    def deliver(
        self,
        *bodies: str,
        receive_count: int = 1,
        remaining_seconds: Callable[[], float] = lambda: 900,
    ) -> list[str]:
        """Deliver messages as one batch; return those that failed."""
        records = [
            {
                "messageId": str(number),
                "receiptHandle": "r",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receive_count)},
            }
            for number, body in enumerate(bodies)
        ]
        context = replace(self.context, remaining_seconds=remaining_seconds)
        failed = Batch(context).process({"Records": records})["batchItemFailures"]
        self.check()
        return [bodies[int(entry["itemIdentifier"])] for entry in failed]

    def ask(self, **call: Any) -> dict[str, Any]:
        """Call Admit as a person does."""
        answered = answer_call(self.context, call, f"call-{next(self._numbers)}")
        self.check()
        return dict(json.loads(json.dumps(answered)))

    # what happens around it

    def drop(self, path: str, body: str = "", *, lost: bool = False, **more: Any) -> str:
        """Put an object; its event becomes visible in the queue after the quiet period."""
        self.s3.put(f"datasets/{path}", body or f"a,y\n{next(self._numbers)},1\n", **more)
        event = self.event(path)
        if not lost:
            self.queue.add(event, min(self.quiet_period, 900))
        return event

    def event(self, path: str) -> str:
        time = self.clock.time.strftime("%Y-%m-%dT%H:%M:%SZ")
        return json.dumps(object_created(f"datasets/{path}", time))

    def pump(self, most: int = 1000) -> None:
        """Deliver what is visible now."""
        for _ in range(most):
            bodies = self.queue.take()
            if not bodies:
                return
            assert self.deliver(*bodies) == []
        raise AssertionError("the queue never gets empty")

    def wait(self, seconds: float, step: float = 5) -> None:
        """Advance the clock, and deliver messages as they become visible."""
        end = self.clock.time + timedelta(seconds=seconds)
        while self.clock.time < end:
            self.clock.time = min(self.clock.time + timedelta(seconds=step), end)
            self.pump()

    def end(self, dataset: str, status: str = "SUCCEEDED", *, lost: bool = False) -> str:
        """End the active run of a dataset; return its event."""
        (arn,) = self.running(dataset)
        run_input = self.steps.states[arn]["input"]
        run = json.loads(run_input)
        folder = f"runs/{run['dataset']}/{run['run_id']}/"
        if status == "SUCCEEDED":
            self.s3.put(f"{folder}report.html", "<html>")
        elif status == "FAILED":
            self.s3.put(f"{folder}failure.json", "{}")
        self.steps.put(arn, status, run_input)
        event = ended_event(arn, status, run_input)
        if not lost:
            self.queue.add(event)
        return event

    def finish_all(self, seconds: float = 20, most: int = 2000) -> None:
        """End runs, one after the other, until none is active and no message is left."""
        for _ in range(most):
            self.pump()
            names = sorted(
                {json.loads(self.steps.states[arn]["input"])["dataset"] for arn in self.running()}
            )
            if not names and not self.queue.messages:
                return
            for name in names:
                self.end(name)
            self.wait(seconds, step=seconds)
        raise AssertionError("runs never end")

    def reconcile(self) -> None:
        self.queue.add('{"reconcile": true}')
        self.pump()

    def schedule(self, *datasets: str, name: str = "nightly", when: str = "always") -> str:
        """Send a scheduled start of these datasets, or of all; return its message."""
        time = self.clock.time.strftime("%Y-%m-%dT%H:%M:%SZ")
        message = {"scheduled_start": time, "schedule": name, "when": when}
        body = json.dumps({**message, "datasets": list(datasets) or None})
        self.queue.add(body)
        return body

    @property
    def state(self) -> AdmissionState:
        state = read_admission_state(Bucket(self.s3, BUCKET), self.stack)  # type: ignore[arg-type]
        assert state is not None
        return state

    def running(self, dataset: str | None = None) -> list[str]:
        """The active executions, even if Step Functions answers differently."""
        return [
            arn
            for arn, state in self.steps.states.items()
            if state["status"] == RUNNING
            and dataset in (None, json.loads(state["input"])["dataset"])
        ]

    def runs(self, dataset: str) -> list[dict[str, Any]]:
        """The runs of a dataset that were started, oldest first."""
        names = [json.loads(state["input"]) for state in self.steps.states.values()]
        ids = sorted(name["run_id"] for name in names if name["dataset"] == dataset)
        return [json.loads(self.s3.body(f"runs/{dataset}/{run_id}/run.json")) for run_id in ids]

    def versions(self, dataset: str) -> set[tuple[str, str]]:
        """Keys and versions of a dataset's current objects."""
        prefix = f"datasets/{dataset}/"
        return {(key, self.s3.versions[key][-1].version_id) for key in self.s3.keys(prefix)}

    def check(self) -> None:
        """Check what must always hold: one run of a dataset at a time, and no more than slots."""
        names = [json.loads(self.steps.states[arn]["input"])["dataset"] for arn in self.running()]
        assert len(names) == len(set(names)), f"two runs at once: {sorted(names)}"
        self.most_at_once = max(self.most_at_once, len(names))
        assert len(names) <= self.slots
        for key in self.s3.keys("runs/"):
            if key.endswith("run.json"):
                assert len(self.s3.versions[key]) == 1


def ended_event(arn: str, status: str, run_input: str) -> str:
    return json.dumps(
        {
            "source": "aws.states",
            "detail-type": "Step Functions Execution Status Change",
            "time": "2026-11-23T12:00:00Z",
            "detail": {
                "executionArn": arn,
                "stateMachineArn": STATE_MACHINE,
                "name": arn.rpartition(":")[2],
                "status": status,
                "input": run_input,
            },
        }
    )


def kills(
    make: Callable[[], AdmissionHarness], act: Callable[[AdmissionHarness], object]
) -> Iterator[AdmissionHarness]:
    """Return a world for each call to AWS that an action makes, killed before or after it."""
    undisturbed = make()
    undisturbed.power.calls = 0
    act(undisturbed)
    for position in range(undisturbed.power.calls):
        for after in (False, True):
            world = make()
            world.power.calls, world.power.calls_left, world.power.after = 0, position, after
            try:
                act(world)
            except Crash:
                world.power.calls_left = None
                yield world
            else:
                raise AssertionError(f"call {position} never came")
