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


@pytest.mark.parametrize(
    ("name", "key", "of", "statistic", "threshold"),
    [
        ("WorseModels", "worse_models", "WriteReport", "Sum", 1),
        ("LongestWaitHours", "longest_wait_hours", "Admit", "Maximum", 24),
    ],
)
def test_a_number_that_a_lambda_logs_raises_an_alarm(
    template: Template, name: str, key: str, of: str, statistic: str, threshold: int
) -> None:
    measured = template.one("AWS::Logs::MetricFilter", FilterPattern=f"{{ $.{key} >= 0 }}")
    assert text(measured["LogGroupName"]).startswith(f"<Functions{of}Logs")
    metric = {"MetricNamespace": "Tunedrop/Tunedrop", "MetricName": name, "MetricValue": f"$.{key}"}
    assert measured["MetricTransformations"] == [metric]
    alarm = template.one("AWS::CloudWatch::Alarm", MetricName=name)
    assert (alarm["Namespace"], alarm["Statistic"]) == ("Tunedrop/Tunedrop", statistic)
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (threshold, "notBreaching")
    # Admit's hourly values reach every period, so that the alarm does not end in between.
    assert alarm["Period"] == (3 * 3600 if of == "Admit" else 300)


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
