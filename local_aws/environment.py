"""Environment variables and clients that lead to the local AWS and to no other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local_aws import ACCOUNT, REGION
from local_aws.ministack.lambda_code import CODE_VARIABLE
from local_aws.ministack.lambda_workers import RUNTIME_PACKAGES_VARIABLE
from local_aws.workspace import REPOSITORY, Workspace

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_stepfunctions import SFNClient

# Variables that our processes may inherit from the user's shell.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "TERM")

# No file of the user leads to another AWS.
_NO_OTHER_AWS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def endpoint(port: int) -> str:
    """Return the URL of the local AWS."""
    return f"http://127.0.0.1:{port}"


def client_variables(port: int) -> dict[str, str]:
    """Return the variables of AWS clients: an endpoint, a region, dummy credentials."""
    return {
        "AWS_ENDPOINT_URL": endpoint(port),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


def user_variables(port: int, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return a user's environment (registries, proxies), with the local AWS in place of AWS."""
    variables = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    no_proxy = ",".join(filter(None, ["127.0.0.1", variables.get("NO_PROXY", "")]))
    return {**variables, **client_variables(port), **_NO_OTHER_AWS, "NO_PROXY": no_proxy}


def server_variables(
    workspace: Workspace, port: int, inherited: Mapping[str, str]
) -> dict[str, str]:
    """Return the server's whole environment; MiniStack reads its part when it is imported.

    It finds this package by PYTHONPATH. No profile, configuration file or proxy of the user's
    shell reaches it.
    """
    return {
        **{name: inherited[name] for name in _INHERITED if name in inherited},
        **client_variables(port),
        **_NO_OTHER_AWS,
        "NO_PROXY": "127.0.0.1,localhost",
        "PYTHONPATH": str(REPOSITORY),
        "HOME": str(workspace.home),
        "TMPDIR": str(workspace.temporary),
        RUNTIME_PACKAGES_VARIABLE: str(workspace.lambda_runtime),
        CODE_VARIABLE: str(workspace.lambda_code),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(workspace.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(workspace.objects),
        # Lambdas run as processes, and a Docker that happens to be here is not ours to clean up.
        "LAMBDA_EXECUTOR": "local",
        "DOCKER_HOST": f"unix://{workspace.root}/no-docker.sock",
        # Invocations queue (ministack/lambda_workers.py), each in a thread of this pool.
        "LAMBDA_ACCOUNT_CONCURRENCY": "0",
        "MINISTACK_WORKER_THREADS": "256",
        "LAMBDA_WARM_TTL_SECONDS": "300",
        # These would listen on ports of their own.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # The matrices of the searches are small, and the cores are the training jobs': threads that
        # wait for each other made a suggestion ten times as slow. (macOS has Accelerate.)
        "OPENBLAS_NUM_THREADS": "1",
        "VECLIB_MAXIMUM_THREADS": "1",
        "LOG_LEVEL": "WARNING",
        "PYTHONUNBUFFERED": "1",
    }


class Clients:
    """One client for each service that the commands use."""

    def __init__(self, port: int) -> None:
        self.port = port
        variables = client_variables(port)
        session = boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        config = Config(
            retries={"total_max_attempts": 3, "mode": "standard"}, read_timeout=120, proxies={}
        )

        def client(service: Any) -> Any:
            return session.client(service, endpoint_url=endpoint(port), config=config)

        self.s3: S3Client = client("s3")
        self.steps: SFNClient = client("stepfunctions")
        self.sagemaker: SageMakerClient = client("sagemaker")
        self.cloudformation: CloudFormationClient = client("cloudformation")
        # Its stubs are not among the requirements.
        self.logs: Any = client("logs")
