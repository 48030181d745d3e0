"""Meanings of errors that are not errors of the input, and what users can do about them.

Errors of the input (`UserInputError`) explain themselves.
"""

from __future__ import annotations

from tunedrop import errors
from tunedrop.failures.executions import ABORTED, ErrorCause

_INVESTIGATE = (
    "Open the execution in the Step Functions console: the state in red has the details, its "
    "Lambda's log the rest. Drop the dataset again once that is corrected."
)
_AGAIN = (
    "Drop the dataset again; if that fails too, open the execution in the Step Functions console."
)
_AWS_FAILED = ("AWS throttled or failed Tunedrop's calls again and again", _AGAIN)
_LAMBDA_KILLED = (
    "A Lambda function was stopped before it was done: it ran out of time or memory",
    "Drop the dataset again. If it happens again the dataset may be too big for the function: "
    "raise the function's memory or timeout, or lower the limit max_dataset_bytes, and deploy.",
)
_READ_THE_LOGS = (
    "Read the reasons in failure.json and the jobs' logs in CloudWatch under "
    "/aws/sagemaker/TrainingJobs. Correct the data or tuning.yaml and drop the dataset again."
)

_QUOTA_IN_USE = (
    "A quota of the AWS account stayed in use for too long",
    "Wait until other jobs have ended and drop the dataset again, ask for a higher quota in the "
    "Service Quotas console (Amazon SageMaker), or raise the setting quota_wait_seconds.",
)

_TOO_LONG = (
    "The run, or one of its jobs, took longer than the deployment allows",
    "Ask for fewer training jobs or shorter ones in tuning.yaml, or raise the deployment's limits, "
    "and drop the dataset again.",
)

# Error name -> what it means, what to do. A test holds the names and errors.py together.
_MEANINGS: dict[str, tuple[str, str]] = {
    errors.Throttled.__name__: _AWS_FAILED,
    errors.TransientAwsError.__name__: _AWS_FAILED,
    errors.QuotaExceeded.__name__: _QUOTA_IN_USE,
    errors.QuotaStayedInUse.__name__: _QUOTA_IN_USE,
    errors.QuotaTooSmall.__name__: (
        "A quota of the AWS account is smaller than what one job needs",
        "Ask for a higher quota in the Service Quotas console (Amazon SageMaker), or choose "
        "another instance type or fewer parallel jobs in tuning.yaml, and drop the dataset again.",
    ),
    errors.LimitRefused.__name__: (
        "AWS rejected a job because of a limit, and waiting may not help",
        "Read AWS's message. If the region lacks the instance type, choose another one in "
        "tuning.yaml or limits.instance_types; else ask for a higher quota in the Service Quotas "
        "console (Amazon SageMaker). Then drop the dataset again.",
    ),
    errors.NoSuccessfulTrainingJob.__name__: (
        "No training job of the run succeeded, so there is no model to compare",
        _READ_THE_LOGS,
    ),
    errors.ConfirmFailed.__name__: (
        "The tuning succeeded, but the Confirm job did not, so there is no model",
        "Read the reasons in failure.json and the jobs' logs in CloudWatch under "
        "/aws/sagemaker/TrainingJobs. If the instance type was the reason, reuse the finished "
        "tuning jobs by `tunedrop resume`; if the data or tuning.yaml was, correct it and drop the "
        "dataset again.",
    ),
    "DeploymentError": (
        "The deployment is not complete",
        "Deploy the stack again, then drop the dataset again.",
    ),
    "States.Timeout": _TOO_LONG,
    "States.HeartbeatTimeout": _TOO_LONG,
    ABORTED: (
        "A user stopped the execution of this run",
        "To continue the run: tunedrop resume. To start a new one: drop the dataset again.",
    ),
    "Runtime.ExitError": _LAMBDA_KILLED,
    "Runtime.OutOfMemory": _LAMBDA_KILLED,
    "Sandbox.Timedout": _LAMBDA_KILLED,
    "Lambda.Unknown": _LAMBDA_KILLED,
}
_ACCESS = (
    "AWS denied one of Tunedrop's own calls",
    "Show this file to the platform engineer who deployed Tunedrop: a role lacks a permission, or "
    "a policy of the organization forbids the call.",
)
_EXPLAINED = ("The run cannot go on", "Do what the message says, or see docs/operations.md.")
_UNKNOWN = ("Unexpected error in Tunedrop", _INVESTIGATE)


def is_user_input(name: str) -> bool:
    """Whether an error of this name is about the input, and explains itself."""
    return _is_kind_of(name, errors.UserInputError)


def explain_meaning(cause: ErrorCause) -> tuple[str, str]:
    """Return what an error of the machinery means, and what to do about it."""
    if cause.name in _MEANINGS:
        return _MEANINGS[cause.name]
    if cause.name.startswith("Lambda."):  # ServiceException, TooManyRequestsException, ...
        return _AWS_FAILED
    if "AccessDenied" in cause.name or "(AccessDenied" in cause.message:
        return _ACCESS
    return _EXPLAINED if is_safe_to_notify(cause.name) else _UNKNOWN


def is_safe_to_notify(name: str) -> bool:
    """Return whether notifications may contain an error's message: it never quotes the dataset."""
    return name == "DeploymentError" or _is_kind_of(name, errors.WithoutData)


def _is_kind_of(name: str, base: type) -> bool:
    kind = getattr(errors, name, None)
    return isinstance(kind, type) and issubclass(kind, base)
