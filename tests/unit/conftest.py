from __future__ import annotations

import pytest

from tests.support.fakes import FakeS3
from tunedrop.storage import Bucket


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def bucket(s3: FakeS3) -> Bucket:
    return Bucket(s3, "bucket", pause=lambda seconds: None)  # type: ignore[arg-type]
