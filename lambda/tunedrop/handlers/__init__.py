"""One thin module a Lambda: event in, call, JSON out."""

from __future__ import annotations

import logging

# Lambda's runtime gives the root logger a handler and leaves its level at WARNING: what was
# started, resumed, stopped or found stale would never reach a log.
logging.getLogger("tunedrop").setLevel(logging.INFO)
