"""The stand-in for Docker, as the CDK calls it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from local_aws import cdk_docker


class Registry(BaseHTTPRequestHandler):
    """As much of a registry as a push needs."""

    blobs: dict[str, bytes]
    manifests: dict[str, bytes]

    def do_POST(self) -> None:
        self.send_response(202)
        self.send_header("Location", self.path + "upload-1?state=x")
        self.end_headers()

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "/manifests/" in self.path:
            self.manifests[self.path] = body
        else:
            [digest] = parse_qs(urlsplit(self.path).query)["digest"]
            self.blobs[digest] = body
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Registry]]:
    handler = type("Fresh", (Registry,), {"blobs": {}, "manifests": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield handler
    server.shutdown()
    server.server_close()


def test_a_push_leaves_a_whole_docker_image_in_the_registry(registry: type[Registry]) -> None:
    name = "000000000000.dkr.ecr.us-east-1.amazonaws.com/cdk-assets:abc"
    assert cdk_docker.main(["push", name]) == 0
    [(path, body)] = registry.manifests.items()
    assert path == "/v2/cdk-assets/manifests/abc"
    manifest = json.loads(body)
    assert manifest["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    config = json.loads(registry.blobs[manifest["config"]["digest"]])
    layer = registry.blobs[manifest["layers"][0]["digest"]]
    assert manifest["layers"][0]["size"] == len(layer)
    content = gzip.decompress(layer)
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(content).hexdigest()]
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["STAND-IN"]


def test_a_build_wants_a_dockerfile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build = ["build", "--tag", "cdkasset-abc", "--platform", "linux/amd64", str(tmp_path)]
    assert cdk_docker.main(build) == 1
    assert f"no Dockerfile in {tmp_path}" in capsys.readouterr().err
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert cdk_docker.main(build) == 0


def test_no_image_is_there_before_it_is_built() -> None:
    assert cdk_docker.main(["inspect", "cdkasset-abc"]) == 1


@pytest.mark.parametrize("arguments", [[], ["run", "image"], ["push"]])
def test_other_commands_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cdk_docker.main(arguments) == 1
    assert "has no command" in capsys.readouterr().err
