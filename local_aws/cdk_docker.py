"""The CDK's Docker on a machine without one (`CDK_DOCKER`): builds nothing, pushes a manifest only.

On the local AWS an image's code runs from its source folder, and no image is pulled;
the manifest gives its tag a digest. Answers `login`, `inspect`, `build`, `tag` and `push`.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Sequence

import boto3
from botocore.exceptions import BotoCoreError, ClientError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[^:@]+):(?P<tag>[^:@]+)"
)


def main(arguments: Sequence[str]) -> int:
    """Run one of Docker's commands; return the exit status that the CDK CLI looks at."""
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    match command:
        case "login":
            sys.stdin.read()
            return 0
        case "inspect":
            return 1  # nothing is ever built already
        case "build" | "tag":
            return 0
        case "push":
            return _push(rest)
    print(f"The local AWS's stand-in for Docker has no command {command!r}.", file=sys.stderr)
    return 1


def _push(arguments: Sequence[str]) -> int:
    """Register an image's manifest in ECR, which differs for each tag as the contents do."""
    image = _IMAGE.fullmatch(arguments[-1] if arguments else "")
    if image is None:
        print(f"{arguments} names no image in ECR by its tag.", file=sys.stderr)
        return 1
    ecr = boto3.client("ecr", region_name=image["region"])
    try:
        ecr.put_image(
            repositoryName=image["repository"],
            imageTag=image["tag"],
            imageManifest=_manifest(image["tag"]),
            imageManifestMediaType=MANIFEST,
        )
    except ecr.exceptions.ImageTagAlreadyExistsException:
        return 0
    except (BotoCoreError, ClientError) as error:
        print(f"The image was not registered: {error}", file=sys.stderr)
        return 1
    return 0


def _manifest(tag: str) -> str:
    """Write an image manifest, version 2, schema 2, without layers and a configuration."""
    digest = f"sha256:{hashlib.sha256(tag.encode()).hexdigest()}"
    config = {"mediaType": _CONFIG, "size": len(tag), "digest": digest}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
    return json.dumps(manifest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
