"""The server of the local AWS with MiniStack as it comes, for `test_stock.py`."""

from __future__ import annotations

from local_aws import server
from local_aws.ministack import patching


def main() -> None:
    """Run the server, patching nothing."""
    patching.check_version()
    vars(server)["patched_app"] = lambda _conditions, _calls: patching.module("app").app
    server.main()


if __name__ == "__main__":
    main()
