"""Which libraries the compiled code in a folder needs and does not get there."""

from __future__ import annotations

import struct
from pathlib import Path

# What our wheels take from the system, as PEP 600 lets them: the C library, GCC's libraries, zlib.
SYSTEM = {
    "ld-linux-aarch64.so.1", "ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6",
    "libpthread.so.0", "librt.so.1", "libgcc_s.so.1", "libstdc++.so.6", "libz.so.1",
}  # fmt: skip

# Types of segments, and tags of entries in the dynamic section: elf(5).
PT_LOAD, PT_DYNAMIC = 1, 2
DT_NEEDED, DT_STRTAB = 1, 5


def missing_libraries(folder: Path) -> dict[str, set[str]]:
    """Return what is neither in the folder nor the system's, by the file that needs it."""
    files = [path for path in folder.rglob("*.so*") if ".so" in path.suffixes]
    assert files
    present = SYSTEM | {path.name for path in files}
    missing = {path.name: needed_libraries(path.read_bytes()) - present for path in files}
    return {name: libraries for name, libraries in missing.items() if libraries}


def needed_libraries(content: bytes) -> set[str]:
    """Return the libraries that the loader looks for when it loads a 64-bit ELF file."""
    assert content.startswith(b"\x7fELF\x02\x01")
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    segments = [struct.unpack_from("<IIQQQQ", content, table + i * size) for i in range(count)]
    [dynamic] = [segment for segment in segments if segment[0] == PT_DYNAMIC]
    _, _, start, _, _, length = dynamic
    entries = list(struct.iter_unpack("<QQ", content[start : start + length]))
    address = dict(entries)[DT_STRTAB]
    [strings] = [
        address - memory + offset
        for kind, _, offset, memory, _, length in segments
        if kind == PT_LOAD and memory <= address < memory + length
    ]
    names = [strings + value for tag, value in entries if tag == DT_NEEDED]
    return {content[name : content.index(b"\0", name)].decode() for name in names}
