"""The alarms: on what each is raised, and who hears of it."""

from __future__ import annotations

import pytest

from tests.support.synthesis import Template, text

# PlanRun's rejections and StartJob's waits for quotas are errors by design.
RAISING_BY_DESIGN = {"PlanRun", "StartJob"}


@pytest.mark.parametrize(
    ("metric", "statistic", "threshold", "subject"),
    [
        ("ApproximateAgeOfOldestMessage", "Maximum", 3600, "<ArrivalsQueue"),
        ("ApproximateNumberOfMessagesVisible", "Maximum", 1, "<Lost"),
        ("ExecutionsFailed", "Sum", 1, "<RunsStateMachine"),
        ("ExecutionsTimedOut", "Sum", 1, "<RunsStateMachine"),
        ("NumberOfNotificationsFailed", "Sum", 1, "<NotificationsTopic"),
        ("Errors", "Sum", 1, "<Functions"),
        ("Throttles", "Sum", 1, "<Functions"),
    ],
)
def test_an_alarm_notifies_the_topic_once_its_threshold_is_reached(
    template: Template, metric: str, statistic: str, threshold: int, subject: str
) -> None:
    (topic,) = template.of_type("AWS::SNS::Topic")
    alarms = template.named("AWS::CloudWatch::Alarm", MetricName=metric).values()

    assert alarms
    for alarm in alarms:
        assert text(alarm["Dimensions"][0]["Value"]).startswith(subject)
        assert (alarm["Statistic"], alarm["Threshold"]) == (statistic, threshold)
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_a_worse_model_in_use_raises_an_alarm(template: Template) -> None:
    measured = template.one("AWS::Logs::MetricFilter", FilterPattern="{ $.worse_models >= 0 }")
    assert text(measured["LogGroupName"]).startswith("<FunctionsWriteReportLogs")
    alarm = template.one("AWS::CloudWatch::Alarm", MetricName="WorseModels")
    assert (alarm["Namespace"], alarm["Statistic"]) == ("Tunedrop/Tunedrop", "Sum")
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (1, "notBreaching")


def subjects_of(template: Template, metric: str) -> set[str]:
    alarms = template.named("AWS::CloudWatch::Alarm", MetricName=metric).values()
    return {text(alarm["Dimensions"][0]["Value"]).strip("<>") for alarm in alarms}


def test_every_dead_letter_queue_and_lambda_has_its_alarms(template: Template) -> None:
    functions = {
        properties["FunctionName"].removeprefix("Tunedrop-"): name
        for name, properties in template.named("AWS::Lambda::Function").items()
    }
    queues = {name for name in template.of_type("AWS::SQS::Queue") if name.startswith("Lost")}

    assert subjects_of(template, "Throttles") == set(functions.values())
    assert subjects_of(template, "Errors") == {
        logical_id for name, logical_id in functions.items() if name not in RAISING_BY_DESIGN
    }
    assert subjects_of(template, "ApproximateNumberOfMessagesVisible") == {
        f"{queue}.QueueName" for queue in queues
    }
