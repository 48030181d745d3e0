"""Errors of the commands that a person can do something about."""

from __future__ import annotations


class LocalAwsError(Exception):
    """Ends a command with exit status 1 and this message, without a traceback."""


class UsageError(LocalAwsError):
    """The command line is wrong: exit status 2."""
