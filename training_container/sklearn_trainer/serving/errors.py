"""What a caller gets when a request cannot be answered: words and a status, never a stack trace."""

from __future__ import annotations

from typing import Any

SHOWN = 80


class RequestError(Exception):
    """A request that is wrong, or comes at the wrong time.

    Parameters
    ----------
    message
        What is wrong, one sentence without a final full stop.
    row
        Of the body, counted from 1, without the header.
    found, expected, to_do
        The offending value, what would have been right, the way out; "" when not applicable.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        row: int | None = None,
        column: str = "",
        found: str = "",
        expected: str = "",
        to_do: str = "",
    ) -> None:
        self.status = status
        self.content: dict[str, Any] = {
            "message": f"{message.rstrip('.')}.",
            **({"row": row} if row is not None else {}),
            **({"column": column} if column else {}),
            **({"found": found} if found else {}),
            **({"expected": expected} if expected else {}),
            **({"to_do": to_do} if to_do else {}),
        }
        super().__init__(message)


def shown(value: object) -> str:
    """Return a value as an error quotes it: bounded, with everything odd in it visible."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def listed(names: list[str]) -> str:
    """Return some names as an error quotes them."""
    few = ", ".join(shown(name) for name in names[:10])
    return few if len(names) <= 10 else f"{few} and {len(names) - 10} more"
