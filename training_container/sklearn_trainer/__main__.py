"""The container's entry point: `python -m sklearn_trainer train` or `... serve`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sklearn_trainer.contract import Folders
from sklearn_trainer.process import privileges
from sklearn_trainer.process.supervisor import report_failure, supervise

ALL_INTERFACES = "0.0.0.0"  # noqa: S104 - the platform calls from outside of the container


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one training job, or the server; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="sklearn_trainer",
        description="Trains and serves scikit-learn models under SageMaker's container contract.",
        epilog="Everything is read below /opt/ml, or below $SAGEMAKER_BASE_DIR.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "train", help="run the training job that hyperparameters.json and the channels describe"
    )
    server = commands.add_parser(
        "serve", help="answer GET /ping and POST /invocations with the model in /opt/ml/model"
    )
    server.add_argument(
        "--host", default=ALL_INTERFACES, help="where to listen (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    folders = Folders.from_environment()
    if options.command == "serve":
        from sklearn_trainer.serving.server import serve

        return serve(folders, options.host)
    return train(folders)


def train(folders: Folders) -> int:
    """Run the job that the folders describe in a child process; return the exit code."""
    try:
        privileges.drop(
            reads=folders.input, writes=(folders.model, folders.output, folders.failure.parent)
        )
    except Exception as error:
        return report_failure(error, folders)
    return supervise(lambda: _train(folders), folders)


def _train(folders: Folders) -> int:
    try:
        request = folders.read_request()
        plan = folders.read_plan()
        if request.job == "tune":
            from sklearn_trainer.tune import tune

            tune(request, plan, folders)
        else:
            from sklearn_trainer.confirm import confirm

            confirm(request, plan, folders)
    except Exception as error:  # the last place where a message can still be left
        return report_failure(error, folders)
    return 0


if __name__ == "__main__":
    sys.exit(main())
