"""The commands of `tunedrop`, which its help and docs/cli.md must have."""

COMMANDS = (
    "check",
    "drop",
    "run",
    "watch",
    "report",
    "runs",
    "stop",
    "resume",
    "pause",
    "unpause",
    "doctor",
)
