"""One thin module a Lambda: event in, call, JSON out."""

from __future__ import annotations

from tunedrop import run_logs

run_logs.set_up()
