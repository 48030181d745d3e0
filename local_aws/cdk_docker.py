"""The CDK's Docker on a machine without one (`CDK_DOCKER`): pushes a stand-in image.

On the local AWS an image's code runs straight from its source folder, so what its registry holds
only has to be an image. Answers `login`, `inspect`, `build`, `tag` and `push`.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode, urljoin

_NOTE = b"Stand-in: on the local AWS this image's code runs from its source folder.\n"
_CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def main(arguments: Sequence[str]) -> int:
    """Run one of Docker's commands; return the exit status that the CDK CLI looks at."""
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    match command:
        case "login":
            sys.stdin.read()
            return 0
        case "inspect":
            return 1  # nothing is ever built already
        case "build":
            return _build(rest)
        case "tag":
            return 0
        case "push" if rest:
            push(rest[-1], os.environ["AWS_ENDPOINT_URL"])
            return 0
    print(f"The local AWS's stand-in for Docker has no command {command!r}.", file=sys.stderr)
    return 1


def push(name: str, registry: str) -> None:
    """Push the stand-in image under `host/repository:tag` to the registry, whatever the host."""
    repository, _, tag = name.partition("/")[2].rpartition(":")
    layer, diff_id = _layer()
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"stand-in": "true"}},
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
    ).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST_TYPE,
        "config": _describe(config, _CONFIG_TYPE),
        "layers": [_describe(layer, _LAYER_TYPE)],
    }
    base = f"{registry}/v2/{repository}"
    for blob in (config, layer):
        _upload(base, blob)
    _send("PUT", f"{base}/manifests/{tag}", json.dumps(manifest).encode(), _MANIFEST_TYPE)


def _build(arguments: list[str]) -> int:
    name = arguments[arguments.index("--file") + 1] if "--file" in arguments else "Dockerfile"
    context = Path(arguments[-1] if arguments else ".")
    if (context / name).is_file():
        return 0
    print(f"There is no {name} in {context}.", file=sys.stderr)
    return 1


def _layer() -> tuple[bytes, str]:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        entry = tarfile.TarInfo("STAND-IN")
        entry.size = len(_NOTE)
        archive.addfile(entry, io.BytesIO(_NOTE))
    return gzip.compress(content.getvalue(), mtime=0), _digest(content.getvalue())


def _describe(blob: bytes, media_type: str) -> dict[str, object]:
    return {"mediaType": media_type, "size": len(blob), "digest": _digest(blob)}


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _upload(base: str, blob: bytes) -> None:
    location = _send("POST", f"{base}/blobs/uploads/", b"", "application/octet-stream")
    target = urljoin(base, location)
    joint = "&" if "?" in target else "?"
    digest = urlencode({"digest": _digest(blob)})
    _send("PUT", f"{target}{joint}{digest}", blob, "application/octet-stream")


def _send(method: str, url: str, body: bytes, content_type: str) -> str:
    headers = {"Content-Type": content_type, "Authorization": "Basic QVdTOmxvY2Fs"}
    request = urllib.request.Request(url, data=body, method=method, headers=headers)  # noqa: S310 - our own endpoint
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own endpoint
        return str(answer.headers.get("Location") or "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
