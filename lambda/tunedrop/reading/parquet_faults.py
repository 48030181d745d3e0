"""What is wrong with Parquet files, in words: damaged, encrypted, something else, unlike others."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from tunedrop.errors import DatasetError

_MAGIC, _ENCRYPTED, _GZIP = b"PAR1", b"PARE", b"\x1f\x8b"
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
        return broken(
            where,
            found="data packed with gzip",
            to_do="Unpack it: Parquet is compressed inside, and takes no packing outside.",
        )
    if not head.startswith(_MAGIC) and _is_text(head):
        return broken(
            where,
            found=f"text that begins with {head.decode(errors='ignore')!r}",
            to_do="Rename it to train.csv if it is a text table, or write it as Parquet.",
        )
    if head.startswith(_MAGIC) and tail != _MAGIC:
        return broken(where, found="a file that is cut off: its end is missing")
    return broken(where)


def _is_text(head: bytes) -> bool:
    return bool(head) and not any(byte < 32 and byte not in b"\t\n\r\f" for byte in head)


def refuse_encrypted_columns(parquet: pq.ParquetFile, source: io.RawIOBase, where: str) -> None:
    """Refuse a file with encrypted columns and a plain footer: Arrow aborts the process on them."""
    source.seek(-8, io.SEEK_END)
    length = int.from_bytes(source.read(4) or b"", "little")
    if length - parquet.metadata.serialized_size == _SIGNATURE_BYTES:
        raise _encrypted(where)


def _encrypted(where: str) -> DatasetError:
    return broken(
        where,
        found="encrypted columns",
        to_do="Write it without encryption of its own: the bucket encrypts what lies in it.",
    )


def refuse_other_columns(schemas: Mapping[str, pa.Schema]) -> None:
    """Refuse part files whose columns have other names, or types that do not go together."""
    (first, known), *others = schemas.items()
    for path, schema in others:
        names, known_names = set(schema.names), set(known.names)
        missing = [name for name in known.names if name not in names]
        added = [name for name in schema.names if name not in known_names]
        if missing or added:
            raise DatasetError(
                f"The columns of a file differ from those of {first}",
                where=path,
                found=" and ".join(
                    [f"no column {each}" for each in _shown(missing)]
                    + [f"{each}, which is not in {first}" for each in _shown(added)]
                ),
                expected="the same columns in all files",
                to_do="Write all parts with one schema.",
            )


def _shown(names: Sequence[str]) -> list[str]:
    shown = ", ".join(repr(name[:80]) for name in names[:_SHOWN_COLUMNS])
    more = f" and {len(names) - _SHOWN_COLUMNS} more" if len(names) > _SHOWN_COLUMNS else ""
    return [shown + more] if names else []


def refuse_other_types(name: str, kinds: Mapping[str, pa.DataType]) -> None:
    """Refuse a column whose types in the part files no type holds all of: numbers and words."""
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
