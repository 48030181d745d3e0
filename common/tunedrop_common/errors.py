"""The errors that both sides raise about people's input, in five parts."""

from __future__ import annotations

from tunedrop_common.data_text import escape


class TunedropError(Exception):
    """Base of every error that Tunedrop raises on purpose."""

    @property
    def for_log(self) -> str:
        """The message without values out of people's data."""
        return str(self)


class UserInputError(TunedropError):
    """The input is wrong; says what, where, what was found, what was expected and what to do.

    Parameters
    ----------
    what
        What is wrong, one sentence without a final full stop.
    where
        File, line, column or key; "" when the sentence says it already.
    found, expected
        The offending value and what would have been right; "" when not applicable.
    to_do
        The way out, an imperative sentence.

    Example
    -------
    >>> str(UserInputError("Unknown key", where="line 3", found="'targett'",
    ...     expected="target or task", to_do="Write 'target' instead."))
    "Unknown key (line 3). Found 'targett'; expected target or task. Write 'target' instead."
    """

    def __init__(
        self, what: str, *, where: str = "", found: str = "", expected: str = "", to_do: str = ""
    ) -> None:
        self.what, self.where, self.found, self.expected, self.to_do = map(
            escape, (what, where, found, expected, to_do)
        )
        parts = (
            self.found and f"found {self.found}",
            self.expected and f"expected {self.expected}",
        )
        comparison = "; ".join(part for part in parts if part)
        if comparison:
            comparison = f" {comparison[0].upper()}{comparison[1:]}."
        super().__init__(f"{self._place()}{comparison} {self.to_do}".strip())

    @property
    def parts(self) -> dict[str, str]:
        """The five parts by their names, as failure.json and other records have them."""
        names = ("what", "where", "found", "expected", "to_do")
        return {name: getattr(self, name) for name in names}

    @property
    def for_log(self) -> str:
        """The message without what was found, which may be a value out of people's data."""
        return f"{self._place()} {self.to_do}".strip()

    def _place(self) -> str:
        return self.what.rstrip(".") + (f" ({self.where})" if self.where else "") + "."


class DatasetError(UserInputError):
    """The data cannot be used as it is."""
