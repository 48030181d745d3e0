"""A bucket, SageMaker, a clock, and what PlanRun makes of a dataset in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sklearn import datasets

from tests.support.environ import ENVIRON
from tests.support.fake_pricing import US_EAST_1, FakePricing
from tests.support.fake_sagemaker import WorkflowSageMaker
from tests.support.fakes import Clock, FakeS3, object_created
from tests.support.plans import in_use
from tunedrop import keys
from tunedrop.admission_state import AdmissionState, Slot
from tunedrop.cli.dry_run import DEFAULT_ENVIRONMENT
from tunedrop.datasets.layout import list_objects
from tunedrop.environment import Limits, PlanRunEnvironment
from tunedrop.planning.costs import FIRST_TIMES, Budget, FitCounts, JobTimes
from tunedrop.planning.estimators.search_spaces import resolve_estimator
from tunedrop.planning.estimators.selection import DEFAULT_ESTIMATORS
from tunedrop.planning.estimators.trial_fits import TrialFits
from tunedrop.planning.limits import choose_budget
from tunedrop.planning.plan_run import plan_run
from tunedrop.planning.prices import PriceList
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.run_record import Run, digest_of, run_id_of, write_run
from tunedrop.storage import Bucket
from tunedrop.trigger import Trigger, dataset_of
from tunedrop_common.plan import Plan

ENVIRONMENT = PlanRunEnvironment.from_environ(ENVIRON)
# The limits that a deployment has by default, with real prices.
DEFAULT_LIMITS = replace(DEFAULT_ENVIRONMENT.limits, prices_usd_per_hour=US_EAST_1)
IRIS = datasets.load_iris(as_frame=True).frame.to_csv(index=False)


def choose(
    yaml: str = "",
    limits: Limits = DEFAULT_LIMITS,
    *,
    rows: int = 1_000,
    spot: bool = False,
    times: JobTimes = FIRST_TIMES,
    fold_seconds: Mapping[str, float] | None = None,
) -> Budget:
    """Choose the budget of a classification of a table with 20 columns."""
    config = read_tuning_config(yaml.encode())
    keys = config.estimators or DEFAULT_ESTIMATORS
    estimators = [resolve_estimator(key, "classification", config, 0) for key in keys]
    fits = FitCounts(folds=5, confirm_folds=20, fold_seconds=fold_seconds or {})
    return choose_budget(config, estimators, limits, times, fits, rows=rows, columns=20, spot=spot)


def admitted(s3: FakeS3, dataset: str, execution: str) -> Run:
    """Claim a dataset as it is now, and give its run a slot; again the same run, if it is there."""
    bucket = Bucket(s3, "bucket", pause=lambda seconds: None)  # type: ignore[arg-type]
    time = s3.clock.time
    objects = tuple(filter(None, map(bucket.head_version, list_objects(bucket, dataset))))
    digest = digest_of(objects)
    trigger = Trigger(kind="object", time=time)
    run = Run(dataset, run_id_of(time, digest), digest, objects, execution, trigger)
    slot = Slot(run_id=run.run_id, since=time, trigger=trigger, started=True)
    s3.put(keys.ADMISSION_STATE, AdmissionState(since=time, slots={dataset: slot}).to_bytes())
    return write_run(bucket, run)


class World:
    """A deployment of which nothing but PlanRun's handler is there."""

    def __init__(self, page_size: int = 3) -> None:
        self.clock = Clock()
        self.s3 = FakeS3(self.clock, page_size=page_size)
        self.sagemaker = WorkflowSageMaker()
        self.pricing = FakePricing()
        self.environment = ENVIRONMENT
        self.trial_fits: TrialFits = lambda *_: {}  # test_trial_fits has the real one

    def drop(self, path: str, body: str | bytes) -> dict[str, Any]:
        """Drop an object; return the event that S3 sends."""
        key = f"datasets/{path}"
        version = self.s3.put(key, body)
        time = self.clock.time.strftime("%Y-%m-%dT%H:%M:%SZ")
        return object_created(key, time, **{"version-id": version})

    def run(self, event: dict[str, Any], execution: str = "execution-1") -> dict[str, Any]:
        """Admit the dataset that an event is about, and plan its run."""
        dataset = dataset_of(event["detail"]["object"]["key"])
        assert dataset is not None
        return self.plan_again(admitted(self.s3, dataset, execution))

    def planned(self, yaml: str = "", train: str = "", test: str = "") -> Plan:
        """Drop a dataset some time later; return the plan of its run.

        Parameters
        ----------
        train, test
            Data files; those without a text stay as they are.
        """
        self.clock.advance(1000)
        for name, body in (("train.csv", train), ("test.csv", test)):
            if body:
                self.drop(f"iris/{name}", body)
        event = self.drop("iris/tuning.yaml", yaml)
        return self.plan(self.run(event, f"{self.clock.time}"))

    def plan_again(self, run: Run) -> dict[str, Any]:
        """Do what PlanRun's handler does with a run."""
        bucket = Bucket(self.s3, "bucket", pause=lambda seconds: None)  # type: ignore[arg-type]
        price_list = PriceList("eu-west-1", lambda: self.pricing)
        sagemaker: Any = self.sagemaker
        return plan_run(run, bucket, sagemaker, self.environment, price_list, self.trial_fits)

    def plan(self, answer: dict[str, Any]) -> Plan:
        """Read the plan of a planned run."""
        run = answer["run"]
        key = f"runs/{run['dataset']}/{run['run_id']}/plan.json"
        return Plan.model_validate_json(self.s3.body(key))

    def deploy(self, image: str) -> None:
        """Deploy another training image."""
        self.environment = replace(self.environment, training_image=image)

    def finish(self, plan: Plan, succeeded: int = 30, status: str = "Completed") -> None:
        """Store in the fake SageMaker a plan's tuning jobs as ended ones."""
        for job in plan.tuning_jobs:
            self.sagemaker.tuning_jobs[job.name] = {
                "HyperParameterTuningJobName": job.name,
                "HyperParameterTuningJobArn": "arn",
                "HyperParameterTuningJobStatus": status,
                "ObjectiveStatusCounters": {"Succeeded": succeeded, "Pending": 0, "Failed": 0},
                "TrainingJobStatusCounters": {"Completed": succeeded, "InProgress": 0},
            }

    def promote(self, plan: Plan, dataset: str = "iris", **changes: Any) -> None:
        """Make the second estimator of a plan the champion of a dataset."""
        record = in_use(
            plan.run_id,
            dataset,
            **{
                "estimator": plan.tuning_jobs[1].estimator,
                "hyperparameters": {"C": "2.5"},
                "metric": plan.metric.objective,
                **changes,
            },
        )
        self.s3.put(f"models/{dataset}/champion.json", record.model_dump_json())
