from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_command_is_installable_from_the_checkout_and_works_there(tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    for command in (
        ["venv", "--quiet", str(environment)],
        ["pip", "install", "--quiet", "--python", str(environment), str(ROOT)],
    ):
        subprocess.run([find_uv_bin(), *command], check=True, timeout=500)

    def tunedrop(*arguments: str) -> str:
        result = subprocess.run(
            [environment / "bin" / "tunedrop", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={"PATH": ""},
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    assert tunedrop("--version").startswith("tunedrop 0.")
    checked = json.loads(tunedrop("check", str(ROOT / "examples/penguins"), "--offline", "--json"))
    assert checked["plan"]["data"]["target"] == "species"
    [bundle] = environment.glob("lib/python3*/site-packages/tunedrop/report/vega.js")
    assert "window.vegaEmbed" in bundle.read_text("utf-8")
