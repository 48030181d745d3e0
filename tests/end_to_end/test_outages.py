"""A day of trouble: services that are out, messages that arrive twice, a Lambda that is killed."""

from __future__ import annotations

import time

import pytest

from tests.support.bursts import Burst
from tests.support.conformance.functions import eventually
from tests.support.deployed import Deployment

TROUBLE = {"repeated_events": 0.5, "repeated_messages": 0.5, "instant_jobs": True, "seed": 3}
OUT = ["s3", "states", "sns", "sagemaker"]


def test_datasets_that_arrive_in_an_outage_are_tuned_once_after_it(deployment: Deployment) -> None:
    during = Burst(deployment, "outage", 2)
    during.drop()
    with deployment.conditions(**TROUBLE, outage=OUT, outage_seconds=6):
        time.sleep(6)
        during.wait(240)
    during.check()
    assert deployment.is_empty("LostArrivals")


@pytest.mark.slow
def test_after_a_day_of_trouble_every_dataset_is_tuned_once(deployment: Deployment) -> None:
    sqs, url, seconds = deployment.client("sqs"), deployment.queue("Arrivals"), 180
    before, during = (Burst(deployment, name, 5) for name in ("before-outage", "in-outage"))
    # What a killed Lambda had comes again after the visibility timeout: a minute here, not 90.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    try:
        before.drop()
        eventually(deployment.state, lambda state: before.datasets[0] in state["slots"], 60)
        during.drop()
        with deployment.conditions(**TROUBLE, outage=OUT, outage_seconds=seconds):
            time.sleep(20)
            deployment.kill("Admit")
            time.sleep(seconds - 20)
            for burst in (before, during):
                burst.wait(900)
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5400"})
    for burst in (before, during):
        burst.check()
    assert deployment.is_empty("LostArrivals")
