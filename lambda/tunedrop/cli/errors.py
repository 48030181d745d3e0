"""How a command ends without a traceback, and what it says of AWS's errors."""

from __future__ import annotations

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import ConnectionError as NoConnection

from tunedrop.aws_errors import code_of, status_of

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN_KEY = frozenset({
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
})  # fmt: skip
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"})


class CommandError(Exception):
    """Ends a command with exit status 1 and this message."""


class UsageError(CommandError):
    """The command line is wrong: exit status 2."""


def is_denied(error: ClientError) -> bool:
    """Return whether AWS knows the caller and does not let it."""
    return code_of(error) in _DENIED


def explain(error: ClientError | BotoCoreError) -> str:
    """Say what went wrong with AWS and what to do about it."""
    if isinstance(error, ClientError):
        return _explain_answer(error)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return (
            "There are no AWS credentials. Set AWS_PROFILE, or name a profile with --profile, or "
            "make one: aws configure."
        )
    if isinstance(error, NoRegionError):
        return "No AWS region is set. Name one with --region, or set AWS_REGION."
    if isinstance(error, ProfileNotFound):
        known = ", ".join(boto3.Session().available_profiles) or "none"
        return f"{error}. There are these: {known}."
    if isinstance(error, (SSOError, TokenRetrievalError, UnauthorizedSSOTokenError)):
        return f"The sign-in to AWS has expired: {error}. Sign in again: aws sso login."
    if isinstance(error, NoConnection):
        return f"AWS cannot be reached: {error}. Check the network, --region and AWS_ENDPOINT_URL."
    return f"AWS cannot be used: {error}"


def _explain_answer(error: ClientError) -> str:
    code = code_of(error)
    if code in _EXPIRED:
        return "The AWS credentials have expired. Sign in again, with aws sso login for instance."
    if code in _UNKNOWN_KEY:
        return f"AWS does not accept the credentials ({code}): aws sts get-caller-identity."
    if is_denied(error):
        return (
            f"AWS does not allow this: {error}. Ask the people who run this deployment for the "
            "permission; docs/cli.md lists what each command needs."
        )
    if code == "NoSuchBucket":
        return "The stack's bucket is not there any more. Deploy the stack again."
    if status_of(error) >= 500:
        return f"AWS failed: {error}. Try again in a while."
    return f"AWS answered with an error: {error}"
