"""How a command ends without a traceback, and what it says of AWS's errors."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from tunedrop.aws_errors import code_of

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"})


class CommandError(Exception):
    """Ends a command with exit status 1 and this message."""


class UsageError(CommandError):
    """The command line is wrong: exit status 2."""


def is_denied(error: Exception) -> bool:
    """Return whether AWS knows the caller and does not let it."""
    return isinstance(error, ClientError) and code_of(error) in _DENIED


def explain(error: ClientError | BotoCoreError) -> str:
    """Say what went wrong with AWS; its own words have the way out, but for permissions."""
    if is_denied(error):
        return (
            f"AWS does not allow this: {error}. Ask the people who run this deployment for the "
            "permission; docs/cli.md lists what each command needs."
        )
    return f"AWS cannot be used: {error}"
