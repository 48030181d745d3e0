"""The errors that SageMaker answers with: a code which clients match on, and AWS's words."""

from __future__ import annotations


class SageMakerError(Exception):
    """An answer with HTTP status 400 (or another), an error code and a message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class ValidationError(SageMakerError):
    """The request breaks a constraint of the service model or a documented rule."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


def require(condition: bool, message: str) -> None:
    """Raise a `ValidationError` unless the condition holds."""
    if not condition:
        raise ValidationError(message)
