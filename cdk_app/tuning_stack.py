"""The stack that this repository deploys: the construct `Tunedrop`, and nothing else."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from cdk_app.settings import Settings
from cdk_app.tunedrop import Tunedrop

# An id that the CDK leaves out of logical ids: resources of releases before the construct keep
# theirs, so that an upgrade replaces none of them.
TRANSPARENT = "Default"


class TuningStack(Stack):
    """Tunedrop, in a stack with the settings' name."""

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(
            scope,
            settings.stack_name,
            description="Tunedrop: drop a dataset, get a tuned scikit-learn model and a report",
        )
        Tunedrop(self, TRANSPARENT, settings=settings)
