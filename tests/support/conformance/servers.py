"""A local AWS that tests talk to."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3
import psutil
from botocore.config import Config

from local_aws import REGION, daemon
from local_aws.workspace import Workspace


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS, and clients for it."""

    workspace: Workspace
    server: daemon.Server

    @property
    def endpoint(self) -> str:
        return self.server.endpoint

    def client(self, service: str, config: Config | None = None) -> Any:
        """A boto3 client which retries nothing, so that each answer is seen."""
        return client_of(self.endpoint, service, config)


def client_of(endpoint: str, service: str, config: Config | None = None) -> Any:
    """Make a boto3 client of a local AWS."""
    base = Config(retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=50)
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=base.merge(config or Config()),
    )


def processes_of(workspace: Workspace) -> list[int]:
    """Ids of all processes whose command line or environment names the workspace."""
    root, pids = str(workspace.root.resolve()), []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended
            texts = [*process.cmdline(), *process.environ().values()]
            if process.pid != os.getpid() and any(root in text for text in texts):
                pids.append(process.pid)
    return pids
