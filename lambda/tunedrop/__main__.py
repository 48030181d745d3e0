"""`python -m tunedrop`."""

from __future__ import annotations

import sys

from tunedrop.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
