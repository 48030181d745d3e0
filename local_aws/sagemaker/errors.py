"""The errors that SageMaker answers with: a code which clients match on, and AWS's words."""

from __future__ import annotations


class SageMakerError(Exception):
    """An answer with HTTP status 400 (or another), an error code and a message."""

    code = "ValidationException"
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ValidationError(SageMakerError):
    """The request breaks a constraint of the service model or a documented rule."""


class SerializationError(SageMakerError):
    """The body is not JSON of the right types."""

    code = "SerializationException"


class UnknownOperation(SageMakerError):
    """The operation does not exist, or is not answered locally."""

    code = "UnknownOperationException"


class ResourceInUse(SageMakerError):
    """The name is taken."""

    code = "ResourceInUse"


class ResourceNotFound(SageMakerError):
    """No such resource."""

    code = "ResourceNotFound"


class ResourceLimitExceeded(SageMakerError):
    """A quota of the account is used up, or too small."""

    code = "ResourceLimitExceeded"


class Throttled(SageMakerError):
    """Too many requests at once."""

    code = "ThrottlingException"


class ServiceStopped(SageMakerError):
    """The local AWS is going down."""

    code = "ServiceUnavailable"
    status = 503


def require(condition: bool, message: str) -> None:
    """Raise a `ValidationError` unless the condition holds."""
    if not condition:
        raise ValidationError(message)
