"""An AWS on this machine: MiniStack with corrections, and SageMaker's tuning API.

It answers AWS's APIs and contains no tuning policy. `python -m local_aws --help` has its commands.
"""

from __future__ import annotations

ACCOUNT = "000000000000"
REGION = "us-east-1"


class LocalAwsError(Exception):
    """An error that the user can resolve: a message and exit status 1, without a traceback."""


class UsageError(LocalAwsError):
    """The command line is wrong: exit status 2."""
