"""Words that people take for the same: case, spaces, and how Unicode writes a letter apart."""

from __future__ import annotations

import unicodedata


def plain_form(word: str) -> str:
    """Return what words have in common that look alike: café is four characters, or five."""
    composed = unicodedata.normalize("NFKC", word).casefold()
    shown = "".join(each for each in composed if unicodedata.category(each) != "Cf")
    return " ".join(shown.split())


def shown_apart(word: str) -> str:
    """Return a word in quotation marks, with escapes where its letters hide how they are made."""
    return repr(word) if unicodedata.is_normalized("NFC", word) else ascii(word)
