from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from local_aws.ministack import lambda_workers


def worker(name: str, idle_seconds: float, *, in_use: bool = False) -> Any:
    used = time.time() - idle_seconds
    return SimpleNamespace(name=name, in_use=in_use, last_used=used, config={})


def test_idle_processes_of_published_versions_end_and_the_newest_codes_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended: list[Any] = []
    workers = {
        "0:eu:Tunedrop-StartJob:$LATEST": [worker("latest", 400)],
        "0:eu:Tunedrop-StartJob:1": [worker("idle", 400), worker("busy", 400, in_use=True)],
        "0:eu:Tunedrop-StartJob:2": [worker("just used", 10)],
    }
    monkeypatch.setattr("ministack.core.lambda_runtime._workers", workers)
    monkeypatch.setattr("ministack.core.lambda_runtime._LOCAL_WORKER_TTL", 300.0)
    monkeypatch.setattr("ministack.core.lambda_runtime.kill_workers", ended.extend)
    reap = lambda_workers._reap_versions(lambda: 0)
    assert reap() == 1
    assert [process.name for process in ended] == ["idle"]
    remaining = [process.name for entries in workers.values() for process in entries]
    assert remaining == ["latest", "busy", "just used"]
