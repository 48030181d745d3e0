"""One local AWS for the whole session, on a free port, in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws import daemon
from local_aws.workspace import Workspace
from tests.support.conformance.functions import Machines, create_function
from tests.support.conformance.servers import LocalAws


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    workspace = Workspace(Path(tmp_path_factory.mktemp("local-aws")))
    server = daemon.start(workspace, port=0, owned=True)
    yield LocalAws(workspace, server)
    daemon.stop(workspace, server)


@pytest.fixture(scope="session")
def machines(local_aws: LocalAws) -> Machines:
    bucket = "tokens"
    local_aws.client("s3").create_bucket(Bucket=bucket)
    return Machines(local_aws, create_function(local_aws, "worker"), bucket)
