"""Checks a request as AWS does and boto3 does not: maximum, pattern and enum, everywhere."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from local_aws.sagemaker.api.wire import broken_constraints


@cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def violations(service: str, operation: str, request: Any) -> list[str]:
    """List everything about a request that the service model forbids."""
    shape = _service(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        return [report.generate_report()]
    return list(broken_constraints(shape, request, operation))
