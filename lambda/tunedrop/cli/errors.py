"""How a command ends without a traceback, and what it says of AWS's errors."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    SSOError,
    TokenRetrievalError,
)

from tunedrop.aws_errors import code_of

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"})


class CommandError(Exception):
    """Ends a command with exit status 1 and this message."""


class UsageError(CommandError):
    """The command line is wrong: exit status 2."""


def is_denied(error: ClientError) -> bool:
    """Return whether AWS knows the caller and does not let it."""
    return code_of(error) in _DENIED


def explain(error: ClientError | BotoCoreError) -> str:
    """Say what went wrong with AWS and, of what people meet, what to do about it."""
    if isinstance(error, NoCredentialsError):
        return (
            "There are no AWS credentials. Set AWS_PROFILE, or name a profile with --profile, or "
            "make one: aws configure."
        )
    if isinstance(error, NoRegionError):
        return "No AWS region is set. Name one with --region, or set AWS_REGION."
    expired = isinstance(error, ClientError) and code_of(error) in _EXPIRED
    if expired or isinstance(error, (SSOError, TokenRetrievalError)):
        return f"The sign-in to AWS has expired: {error}. Sign in again: aws sso login."
    if isinstance(error, ClientError) and is_denied(error):
        return (
            f"AWS does not allow this: {error}. Ask the people who run this deployment for the "
            "permission; docs/cli.md lists what each command needs."
        )
    return f"AWS cannot be used: {error}"
