"""Arrow reads the numbers that people write as `tunedrop_common.written_numbers` does."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sklearn_trainer.data import words as number_text
from tunedrop_common import written_numbers

PIECES = st.sampled_from(
    ["1", "12", "123", "1,234", "1.234", "1'234", "1 234", "0", ".5", ",5", ".", "-", "\u2212",
     "\u2013", "+", "$", "€", "EUR", "%", " ", "(", ")", "e3", "x"]
)  # fmt: skip
WRITTEN = st.lists(st.lists(PIECES, min_size=1, max_size=4).map("".join), min_size=1, max_size=3)


@given(WRITTEN, st.sampled_from([".", ","]))
def test_arrow_reads_the_same_numbers(texts: list[str], decimal: str) -> None:
    trimmed = [text.strip() for text in texts]
    ours = written_numbers.written_numbers(trimmed, decimal)
    column = number_text.written_numbers(pa.chunked_array([trimmed], pa.string()), decimal)
    assert ours == (None if column is None else column.to_pylist())
