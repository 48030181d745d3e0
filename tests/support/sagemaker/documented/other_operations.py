"""All other operations that are answered, and some that are not.

`tabled` is a tuning job with two training jobs and a tag, `tabled-plain` a training job; both are
over. `going-on` and `going-on-plain` are not.
"""

from __future__ import annotations

from typing import Any

from tests.support.sagemaker.documented.rows import (
    COMMON_ERRORS,
    INVALID,
    JSON_PROTOCOL,
    OURS,
    PATTERN,
    TOO_SHORT,
    Row,
    at_most,
    broken,
    enum,
    reference,
)

TUNING, TRAINING = "HyperParameterTuningJobName", "TrainingJobName"
ARN = "arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/tabled"
PLAIN = "arn:aws:sagemaker:us-east-1:000000000000:training-job/tabled-plain"
NOWHERE = "arn:aws:sagemaker:us-east-1:000000000000:training-job/nowhere"
DESCRIBE = "DescribeHyperParameterTuningJob"
LIST_TUNED = "ListTrainingJobsForHyperParameterTuningJob"
UNKNOWN = "UnknownOperationException"
NOT_FOUND = "Amazon SageMaker can't find a tuning job called nobody. Type another name."


def good(operation: str, request: dict[str, Any], **expected: Any) -> Row:
    return Row(operation, request, reference(operation), expected=expected)


def bad(
    operation: str, request: Any, message: str, code: str = INVALID, source: str | None = None
) -> Row:
    return Row(operation, request, source or reference(operation), code, message)


def search(*filters: dict[str, str], **more: Any) -> dict[str, Any]:
    expression = {"Filters": list(filters)}
    return {"Resource": "TrainingJob", "SearchExpression": expression, **more}


OF_TABLED = {"Name": "TuningJobArn", "Operator": "Equals", "Value": ARN}

GOOD = [
    good(DESCRIBE, {TUNING: "tabled"}, HyperParameterTuningJobStatus="Completed"),
    good(DESCRIBE, {TUNING: "TABLED"}, HyperParameterTuningJobName="tabled"),
    good("DescribeTrainingJob", {TRAINING: "tabled-plain"}, SecondaryStatus="Completed"),
    good("ListHyperParameterTuningJobs", {"NameContains": "tabled"},
         HyperParameterTuningJobSummaries=1),
    good("ListHyperParameterTuningJobs", {"StatusEquals": "DeleteFailed"},
         HyperParameterTuningJobSummaries=0),
    good("ListTrainingJobs", {"NameContains": "tabled-"}, TrainingJobSummaries=3),
    good("ListTrainingJobs", {"NameContains": "tabled-", "MaxResults": 2, "SortBy": "Status"},
         TrainingJobSummaries=2),
    good(LIST_TUNED, {TUNING: "tabled"}, TrainingJobSummaries=2),
    good(LIST_TUNED, {TUNING: "tabled", "SortBy": "FinalObjectiveMetricValue", "MaxResults": 1},
         TrainingJobSummaries=1),
    good(LIST_TUNED, {TUNING: "tabled", "StatusEquals": "Failed"}, TrainingJobSummaries=0),
    good("Search", search(OF_TABLED), Results=2, TotalHits={"Value": 2, "Relation": "EqualTo"}),
    good("Search", search(OF_TABLED, SortOrder="Ascending", MaxResults=1), Results=1),
    good("ListTags", {"ResourceArn": ARN, "MaxResults": 50}, Tags=[{"Key": "t", "Value": "1"}]),
    good("StopTrainingJob", {TRAINING: "going-on-plain"}),
    good("StopHyperParameterTuningJob", {TUNING: "going-on"}),
]  # fmt: skip

BAD = [
    bad(DESCRIBE, {TUNING: "nobody"}, NOT_FOUND, "ResourceNotFound"),
    bad(DESCRIBE, {}, "Value null at 'hyperParameterTuningJobName'"),
    bad(DESCRIBE, {TUNING: "a" * 33}, at_most("hyperParameterTuningJobName", 32)),
    bad("StopHyperParameterTuningJob", {TUNING: "nobody"}, NOT_FOUND, "ResourceNotFound"),
    bad("StopHyperParameterTuningJob", {TUNING: "tabled"}, "is in status Completed"),
    bad("DescribeTrainingJob", {TRAINING: "nobody"}, "Requested resource not found."),
    bad("DescribeTrainingJob", {TRAINING: ""}, TOO_SHORT),
    bad("StopTrainingJob", {TRAINING: "nobody"}, "Requested resource not found."),
    bad("StopTrainingJob", {TRAINING: "tabled-plain"}, "is in status Completed"),
    bad(LIST_TUNED, {TUNING: "nobody"}, NOT_FOUND, "ResourceNotFound"),
    bad(LIST_TUNED, {TUNING: "tabled", "SortBy": "Objective"}, enum(
        "sortBy", "Name", "CreationTime", "Status", "FinalObjectiveMetricValue")),
    bad(LIST_TUNED, {TUNING: "tabled", "StatusEquals": "Running"}, "enum value set: [InProgress, "),
    bad("ListHyperParameterTuningJobs", {"MaxResults": 0},
        "Member must have value greater than or equal to 1"),
    bad("ListHyperParameterTuningJobs", {"SortOrder": "Up"},
        enum("sortOrder", "Ascending", "Descending")),
    bad("ListHyperParameterTuningJobs", {"NameContains": "a_b"}, broken("nameContains", PATTERN)),
    bad("ListTrainingJobs", {"MaxResults": 101}, "less than or equal to 100"),
    bad("ListTrainingJobs", {"NameContains": "a" * 64}, at_most("nameContains", 63)),
    bad("ListTrainingJobs", {"SortBy": "FinalObjectiveMetricValue"},
        enum("sortBy", "Name", "CreationTime", "Status")),
    bad("ListTrainingJobs", {"NextToken": "x"}, "NextToken"),
    bad("Search", {}, "Value null at 'resource'"),
    bad("Search", {"Resource": "Nonsense"}, "enum value set"),
    bad("Search", search(), TOO_SHORT),
    bad("Search", search({"Value": "x"}), "filters.1.member.name'"),
    bad("Search", search({"Name": "x", "Operator": "Like", "Value": "y"}),
        "enum value set: [Equals"),
    bad("Search", search(OF_TABLED, SortOrder="Up"), enum("sortOrder", "Ascending", "Descending")),
    *(bad("Search", request, "by TuningJobArn Equals", source=OURS) for request in (
        search(OF_TABLED) | {"Resource": "Endpoint"},
        {"Resource": "TrainingJob"},
        search(OF_TABLED, SortBy=TRAINING),
        search(OF_TABLED, OF_TABLED),
        search({"Name": TRAINING, "Operator": "Contains", "Value": "tabled-"}),
        search({**OF_TABLED, "Operator": "NotEquals"}),
        search() | {"SearchExpression": {"SubExpressions": [{"Operator": "And"}]}})),
    bad("ListTags", {"ResourceArn": NOWHERE}, "nowhere", "ResourceNotFound"),
    bad("ListTags", {"ResourceArn": ARN, "MaxResults": 49},
        "Member must have value greater than or equal to 50"),
    # What deploys a model has no place here; the SDK's deploy() calls all three.
    *(bad(name, {}, name, UNKNOWN, OURS) for name in (
        "CreateModel", "CreateEndpointConfig", "CreateEndpoint",
        "UpdateTrainingJob", "AddTags", "DeleteHyperParameterTuningJob")),
    bad("NoSuchOperation", {}, "NoSuchOperation", UNKNOWN, COMMON_ERRORS),
    *(bad("ListTrainingJobs", body, message, "SerializationException", JSON_PROTOCOL)
      for body, message in (
        ({"CreationTimeAfter": "yesterday"}, ""),
        (b"{", "not valid JSON"),
        (b"[]", "structure"),
        (b"\xff\xfe", "not valid JSON"))),
]  # fmt: skip
