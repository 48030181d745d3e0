"""Words with the quotation marks around them, as a parser finds them that gives marks no meaning.

It is right as long as the marks are around whole fields, with no mark and so no delimiter or
newline between them that is part of the text: then fields end where they seem to.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from sklearn_trainer.data.missing_words import without_missing

_MARK = '"'
_WHOLE_FIELD = f"^({_MARK}[^{_MARK}]*{_MARK}|[^{_MARK}]*)$"


def are_whole(words: pa.Array) -> bool:
    """Tell whether quotation marks are around whole words, or not there at all."""
    return pc.all(pc.match_substring_regex(words, _WHOLE_FIELD)).as_py() is not False


def without_marks_and_missing(words: pa.Array) -> pa.Array | None:
    """Return words without quotation marks, and null for the words that mean a missing value.

    None if the marks are not around whole words. Each word is looked at once, however often it is
    there.
    """
    found = words.dictionary_encode()
    distinct = found.dictionary
    if not are_whole(distinct):
        return None
    return without_missing(pc.utf8_trim(distinct, _MARK)).take(found.indices)
