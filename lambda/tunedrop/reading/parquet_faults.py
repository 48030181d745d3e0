"""What is wrong with Parquet files, in words: damaged, encrypted, something else, unlike others."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from tunedrop.errors import DatasetError

_MAGIC, _ENCRYPTED, _GZIP = b"PAR1", b"PARE", b"\x1f\x8b"
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0e-\x1f]")
_SHOWN_BYTES = 40
_SHOWN_COLUMNS = 5

# The signature behind the footer of a file with encrypted columns: a nonce of 12 and a tag of 16
# bytes (the format's Encryption.md).
_SIGNATURE_BYTES = 28


def broken(where: str, *, found: str = "", to_do: str = "") -> DatasetError:
    """Return the error for a file that is no Parquet, or a damaged one."""
    return DatasetError(
        "The file cannot be read as Parquet",
        where=where,
        found=found,
        expected="a complete, unencrypted Parquet file",
        to_do=to_do or "Write and drop it again; a broken upload is the usual cause.",
    )


def explain_unreadable(source: io.RawIOBase, where: str) -> DatasetError:
    """Say by both ends of a file why it has no footer that can be read."""
    source.seek(0)
    head = source.read(_SHOWN_BYTES) or b""
    source.seek(-min(len(head), len(_MAGIC)), io.SEEK_END)
    tail = source.read(len(_MAGIC))
    if _ENCRYPTED in (head[: len(_ENCRYPTED)], tail):
        return _encrypted(where)
    if head.startswith(_GZIP):
        return broken(where, found="data packed with gzip", to_do="Unpack it.")
    if head.startswith(_MAGIC) and tail != _MAGIC:
        return broken(where, found="a file that is cut off: its end is missing")
    if head and not head.startswith(_MAGIC) and not _CONTROL.search(head):
        return broken(
            where,
            found=f"text that begins with {head.decode(errors='ignore')!r}",
            to_do="Rename it to train.csv if it is a text table, or write it as Parquet.",
        )
    return broken(where)


def check_columns_are_plain(parquet: pq.ParquetFile, source: io.RawIOBase, where: str) -> None:
    """Raise DatasetError for encrypted columns below a plain footer: Arrow aborts on them."""
    source.seek(-8, io.SEEK_END)
    length = int.from_bytes(source.read(4) or b"", "little")
    if length - parquet.metadata.serialized_size == _SIGNATURE_BYTES:
        raise _encrypted(where)


def _encrypted(where: str) -> DatasetError:
    return broken(
        where,
        found="encrypted columns",
        to_do="Write it without encryption of its own: the bucket encrypts what is in it.",
    )


def check_equal_columns(schemas: Mapping[str, pa.Schema]) -> None:
    """Raise DatasetError for part files whose columns have other names than the first's."""
    (first, known), *others = schemas.items()
    for path, schema in others:
        missing = _shown(known.names, schema.names)
        added = _shown(schema.names, known.names)
        if missing or added:
            differences = (
                missing and f"no column {missing}",
                added and f"{added}, which is not in {first}",
            )
            raise DatasetError(
                f"The columns of a file differ from those of {first}",
                where=path,
                found=" and ".join(filter(None, differences)),
                expected="the same columns in all files",
                to_do="Write all parts with one schema.",
            )


def _shown(names: Sequence[str], others: Sequence[str]) -> str:
    """Return the names that are not among others."""
    known = frozenset(others)
    left = [repr(name[:80]) for name in names if name not in known]
    more = f" and {len(left) - _SHOWN_COLUMNS} more" if len(left) > _SHOWN_COLUMNS else ""
    return ", ".join(left[:_SHOWN_COLUMNS]) + more


def check_equal_types(name: str, kinds: Mapping[str, pa.DataType]) -> None:
    """Raise DatasetError for types in part files that no type holds all of: numbers and words."""
    (first, known), *others = kinds.items()
    for path, kind in others:
        try:
            pa.unify_schemas(
                [pa.schema({name: known}), pa.schema({name: kind})], promote_options="permissive"
            )
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise DatasetError(
                f"The part files disagree on the type of the column {name!r}",
                where=path,
                found=f"{kind}, and {known} in {first}",
                expected="the same type in all files",
                to_do="Write all parts with one schema.",
            ) from error
