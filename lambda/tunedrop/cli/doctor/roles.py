"""The roles: what an organization's policies or a boundary take from them shows only here.

IAM is asked about a handful of actions of each role; that the roles' own policies have them is held
by tests of the template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tunedrop.cli.doctor.findings import Finding, ok, wrong
from tunedrop.cli.stack import Stack

TRAINING = "training jobs"

_READ, _WRITE = "s3:GetObject", "s3:PutObject"

# Role -> action -> resource; names in braces are those of `_resources`.
NEEDED: Mapping[str, Mapping[str, str]] = {
    "Admit": {
        "s3:GetObjectVersion": "{bucket}/datasets/any/train.csv",
        _WRITE: "{bucket}/claims/door.json",
        "states:StartExecution": "{state_machine}",
        "sqs:SendMessage": "{arrivals}",
    },
    "PlanRun": {
        "s3:GetObjectVersion": "{bucket}/datasets/any/train.csv",
        _WRITE: "{bucket}/inputs/any/train.csv",
    },
    "StartJob": {
        _READ: "{bucket}/runs/any/plan.json",
        "sagemaker:CreateHyperParameterTuningJob": "{tuning_jobs}",
        "sagemaker:CreateTrainingJob": "{confirm_jobs}",
        "iam:PassRole": "{training_role}",
    },
    "AwaitJob": {_WRITE: "{bucket}/callbacks/any.json", "states:SendTaskSuccess": "*"},
    "ResumeRun": {_READ: "{bucket}/callbacks/any.json", "states:SendTaskSuccess": "*"},
    "WriteReport": {
        _READ: "{bucket}/training/any/model.tar.gz",
        _WRITE: "{bucket}/models/any/model.tar.gz",
        "sagemaker:Search": "*",
    },
    "RecordFailure": {
        _WRITE: "{bucket}/runs/any/failure.json",
        "sagemaker:StopHyperParameterTuningJob": "{tuning_jobs}",
    },
    "StopJobs": {
        "states:ListExecutions": "{state_machine}",
        "sagemaker:StopTrainingJob": "{confirm_jobs}",
    },
    TRAINING: {
        _READ: "{bucket}/inputs/any/train.csv",
        _WRITE: "{bucket}/training/any/model.tar.gz",
    },
}
_CONTEXT = {
    "iam:PassRole": [
        {
            "ContextKeyName": "iam:PassedToService",
            "ContextKeyValues": ["sagemaker.amazonaws.com"],
            "ContextKeyType": "string",
        }
    ]
}


def simulated(stack: Stack) -> Iterator[Finding]:
    """Have IAM simulate each role."""
    names = _resources(stack)
    for owner, needed in NEEDED.items():
        role = names["training_role"]
        if owner != TRAINING:
            role = stack.configuration(owner)["Role"]
        refusals = []
        for action, pattern in needed.items():
            resource = pattern.format_map(names)
            (result,) = stack.client("iam").simulate_principal_policy(
                PolicySourceArn=role,
                ActionNames=[action],
                ResourceArns=[resource],
                ContextEntries=_CONTEXT.get(action, []),
            )["EvaluationResults"]
            if result["EvalDecision"] != "allowed":
                refusals.append(f"{action} on {resource} ({_by(result)})")
        if refusals:
            yield wrong(
                f"{owner}: the role may not {'; '.join(refusals)}",
                f"Let {role} do so, in the policies that forbid it",
            )
        else:
            yield ok(f"{owner}: the role may do what is needed")


def _resources(stack: Stack) -> dict[str, str]:
    """Return the names that resources are written with."""
    prefix = stack.planning.job_prefix
    _, _, arrivals = stack.variables("Admit")["TUNEDROP_ARRIVALS"].rpartition("/")
    return {
        "arrivals": stack.arn("sqs", arrivals),
        "bucket": f"arn:{stack.partition}:s3:::{stack.bucket_name}",
        "state_machine": stack.state_machine,
        "training_role": stack.jobs.training_role_arn,
        "tuning_jobs": stack.arn("sagemaker", f"hyper-parameter-tuning-job/td-{prefix}-any"),
        "confirm_jobs": stack.arn("sagemaker", f"training-job/tc-{prefix}-any"),
    }


def _by(result: Mapping[str, Any]) -> str:
    """Say whose policy decided."""
    if not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        return "a service control policy of the organization"
    boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    if not boundary.get("AllowedByPermissionsBoundary", True):
        return "the role's permissions boundary"
    return "an explicit refusal" if result["EvalDecision"] == "explicitDeny" else "no policy allows"
