"""Files as MiniStack leaves them when it is killed between two of its writes."""

from __future__ import annotations

import json
import os
from pathlib import Path

from local_aws.ministack import object_files

KEY = Path("000000000000", "bucket", "folder", "a.csv")


def write(root: Path, content: str, version: str, *, metadata: bool = True) -> Path:
    path = root / KEY
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    if metadata:
        sidecar = path.with_name("a.csv.meta.json")
        sidecar.write_text(json.dumps({"version_id": version}))
        os.utime(sidecar, ns=(0, path.stat().st_mtime_ns + 1))
    return path


def displace(root: Path, content: str, version: str) -> None:
    path = root / ".versions" / KEY.parts[0] / KEY.parts[1] / version / Path(*KEY.parts[2:])
    path.parent.mkdir(parents=True)
    path.write_text(content)


def test_a_whole_object_stays_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, "whole", "v1")
    object_files.mend(tmp_path)
    assert path.read_text() == "whole"


def test_a_write_without_its_metadata_never_happened(tmp_path: Path) -> None:
    path = write(tmp_path, "never answered", "v1", metadata=False)
    object_files.mend(tmp_path)
    assert not path.exists()


def test_an_overwriting_that_was_not_finished_is_undone(tmp_path: Path) -> None:
    path = write(tmp_path, "old", "v1")
    displace(tmp_path, "old", "v1")
    sidecar = path.with_name("a.csv.meta.json").stat()
    path.write_text("new")
    os.utime(path, ns=(0, sidecar.st_mtime_ns + 10))
    object_files.mend(tmp_path)
    assert path.read_text() == "old"
    object_files.mend(tmp_path)
    assert path.read_text() == "old"


def test_half_a_file_is_removed(tmp_path: Path) -> None:
    path = write(tmp_path, "whole", "v1")
    half = path.with_name("a.csv.tmp")
    half.write_text("ha")
    object_files.mend(tmp_path)
    assert path.exists()
    assert not half.exists()
