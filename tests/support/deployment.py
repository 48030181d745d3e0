"""A deployment in memory for the `tunedrop` command: the stack, and a state machine that plans."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.support import environ
from tests.support.admission_harness import QUEUE, STACK, TOPIC, FakeQueue, FakeTopic
from tests.support.answers import Answers
from tests.support.fake_pricing import FakePricing
from tests.support.fake_sagemaker import WorkflowSageMaker
from tests.support.fake_stepfunctions import FakeStepFunctions
from tests.support.fakes import START, FakeClient, FakeS3, client_error
from tunedrop import keys
from tunedrop.admission.context import AdmissionContext
from tunedrop.admission.user_calls import answer_call
from tunedrop.cli.main import main
from tunedrop.environment import AdmissionSettings, AdmitEnvironment, PlanRunEnvironment
from tunedrop.errors import TunedropError, UserInputError
from tunedrop.failures.failures import reject
from tunedrop.planning.plan_run import claimed_run, plan_run
from tunedrop.run_record import RunFolder
from tunedrop.storage import Bucket, to_json

BUCKET = "tunedrop-data"
STATE_MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:Tunedrop-run"
EXECUTION = STATE_MACHINE.replace("stateMachine", "execution")
PERSON = "arn:aws:sts::123456789012:assumed-role/analyst/ada"
LIMITS = {
    **environ.LIMITS,
    "max_training_jobs": 300,
    "max_training_job_seconds": 14400,
    "instance_types": ["ml.m5.large"],
    "max_dataset_bytes": 1_000_000,
    "prices_usd_per_hour": {"ml.m5.large": 0.12},
}
VARIABLES = {
    **environ.ENVIRON,
    "TUNEDROP_BUCKET": BUCKET,
    "TUNEDROP_LIMITS": json.dumps(LIMITS),
}
ENVIRONMENT = PlanRunEnvironment.from_environ(VARIABLES)
TABLE = "width,colour,species\n" + "".join(
    f"{i / 7:.2f},{'red' if i % 3 else 'blue'},{'setosa' if i % 2 else 'virginica'}\n"
    for i in range(80)
)
TUNING = """\
target: species
estimators: {linear: {ranges: {C: {min: 0.01, max: 10, scaling: log}}}}
training_jobs: 10
folds: 3
"""


class TransferS3(FakeS3):
    """S3 with boto3's transfers."""

    def upload_file(
        self,
        path: str,
        bucket: str,
        key: str,
        *,
        Config: Any,
        ExtraArgs: Any,
        Callback: Callable[[int], None],
    ) -> None:
        body = Path(path).read_bytes()
        self.put_object(Bucket=bucket, Key=key, Body=body)
        Callback(len(body))

    def download_file(self, bucket: str, key: str, path: str) -> None:
        Path(path).write_bytes(self.get_object(Bucket=bucket, Key=key)["Body"].read())


class Executions(FakeStepFunctions):
    """Step Functions that starts and stops executions."""

    def __init__(self) -> None:
        super().__init__()
        self.started: Callable[[str], None] = lambda arn: None

    def describe_state_machine(self, **parameters: Any) -> dict[str, Any]:
        return {"creationDate": START}

    def start_execution(self, **parameters: Any) -> dict[str, Any]:
        arn = f"{EXECUTION}:{parameters['name']}"
        self.add(arn, given=parameters["input"])
        self.started(arn)
        return {"executionArn": arn}

    def stop_execution(self, **parameters: Any) -> dict[str, Any]:
        arn = parameters["executionArn"]
        self.add(arn, "ABORTED", given=self.executions[arn]["input"])
        return {}


class Lambda(FakeClient):
    """Functions' environment variables, and what they do, by their names."""

    service = "lambda"

    def __init__(self) -> None:
        super().__init__()
        self.variables: dict[str, dict[str, str]] = {}
        self.handlers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}

    def invoke(self, **parameters: Any) -> dict[str, Any]:
        try:
            answered = self.handlers[parameters["FunctionName"]](json.loads(parameters["Payload"]))
        except TunedropError as error:
            failed = {"errorMessage": str(error), "errorType": type(error).__name__}
            return {"FunctionError": "Unhandled", "Payload": BytesIO(json.dumps(failed).encode())}
        return {"Payload": BytesIO(json.dumps(answered).encode())}

    def get_function_configuration(self, **parameters: Any) -> dict[str, Any]:
        return {"Environment": {"Variables": self.variables[parameters["FunctionName"]]}}


@dataclass
class Deployment:
    """AWS with the stack; `run` is the command line.

    A sleep of the command lets the next of `later` happen; Admit and PlanRun are the real ones.
    """

    capsys: pytest.CaptureFixture[str]
    s3: TransferS3 = field(default_factory=TransferS3)
    sagemaker: WorkflowSageMaker = field(default_factory=WorkflowSageMaker)
    executions: Executions = field(default_factory=Executions)
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)
    functions: Lambda = field(default_factory=Lambda)
    services: dict[str, FakeClient] = field(default_factory=dict)
    admission: AdmissionSettings = field(
        default_factory=lambda: AdmissionSettings(0, 10, 1000, 1000)
    )
    pricing: FakePricing = field(default_factory=FakePricing)
    later: list[Callable[[], None]] = field(default_factory=list)
    out: str = ""
    err: str = ""
    region_name: str = "eu-west-1"

    def __post_init__(self) -> None:
        self.cloudformation = Answers("cloudformation", describe_stacks=self._describe_stacks)
        self.add_stack("Tunedrop")
        self.executions.started = self._plan
        self.functions.handlers["Tunedrop-Admit"] = self._admit
        self.functions.variables["Tunedrop-Admit"] = {
            "TUNEDROP_BUCKET": BUCKET,
            "TUNEDROP_STATE_MACHINE": STATE_MACHINE,
            "TUNEDROP_ARRIVALS": QUEUE,
            "TUNEDROP_TOPIC": TOPIC,
            "TUNEDROP_ADMISSION": to_json(asdict(self.admission)).decode(),
        }
        self.functions.variables["Tunedrop-PlanRun"] = dict(VARIABLES)

    @property
    def bucket(self) -> Bucket:
        client: Any = self.s3
        return Bucket(client, BUCKET)

    def client(self, service: str, config: object, region_name: str | None = None) -> Any:
        """Be the session that the command works with."""
        clients = {
            "s3": self.s3,
            "sagemaker": self.sagemaker,
            "stepfunctions": self.executions,
            "cloudformation": self.cloudformation,
            "lambda": self.functions,
            "sts": Answers("sts", get_caller_identity={"Arn": PERSON}),
            "pricing": self.pricing,
            **self.services,
        }
        return clients[service] if service in clients else Answers(service)

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run `tunedrop` and check its exit status; return its standard output."""
        result = main(list(arguments))
        self.out, self.err = self.capsys.readouterr()
        assert result == status, f"status {result}\n{self.out}\n{self.err}"
        return self.out

    def add_stack(self, name: str, status: str = "CREATE_COMPLETE", **outputs: str) -> None:
        outputs = outputs or {"Bucket": BUCKET, "StateMachine": STATE_MACHINE, "Topic": TOPIC}
        self.stacks[name] = {
            "StackName": name,
            "StackId": STACK,
            "StackStatus": status,
            "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
        }

    def put_json(self, key: str, value: Any) -> None:
        self.s3.put(key, json.dumps(value))

    def put_run(
        self, run: str = "iris/20261123T120000Z-1a2b3c4d", status: str = "RUNNING", **files: Any
    ) -> str:
        """Make a run with files (`plan` is plan.json) and its execution; return that one's ARN."""
        dataset, run_id = keys.split_run(run)
        execution = f"{EXECUTION}:{run_id}"
        self.executions.add(execution, status)
        claim = {"dataset": dataset, "run_id": run_id, "execution": execution, "objects": []}
        claim["digest"] = "00000000"
        for name, content in {"run": claim, **files}.items():
            self.put_json(f"runs/{run}/{name.replace('__', '/')}.json", content)
        return execution

    def _describe_stacks(self, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters["StackName"]
        if name not in self.stacks:
            raise client_error("ValidationError", 400, f"Stack with id {name} does not exist")
        return {"Stacks": [self.stacks[name]]}

    def _admit(self, call: dict[str, Any]) -> dict[str, Any]:
        """Be the Lambda Admit, for which every dataset is at rest."""
        context = AdmissionContext(
            AdmitEnvironment(BUCKET, STATE_MACHINE, QUEUE, TOPIC, STACK, self.admission),
            bucket=self.bucket,
            stepfunctions=self.executions,  # type: ignore[arg-type]
            sqs=FakeQueue(self.s3.clock),  # type: ignore[arg-type]
            sns=FakeTopic(),  # type: ignore[arg-type]
            clock=self.s3.clock,
            remaining_seconds=lambda: 900,
        )
        return answer_call(context, call, "call-1")

    def _plan(self, execution: str) -> None:
        """Run an execution to the end of its PlanRun."""
        execution_input = json.loads(self.executions.executions[execution]["input"])
        sagemaker: Any = self.sagemaker
        run = claimed_run(
            self.bucket, execution_input["dataset"], execution_input["run_id"], execution
        )
        try:
            plan_run(run, self.bucket, sagemaker, ENVIRONMENT)
        except UserInputError as error:
            folder = RunFolder(run.dataset, run.run_id)
            reject(self.bucket, folder, error, execution=execution, time=self.s3.clock())
            self.executions.add(execution, "FAILED", given=execution_input, started=self.s3.clock())
