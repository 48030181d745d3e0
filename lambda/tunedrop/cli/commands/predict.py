"""`predict`: upload rows, wait for their predictions, and fetch them."""

from __future__ import annotations

import argparse
import uuid
from functools import partial
from pathlib import Path

from tunedrop import keys, wording
from tunedrop.cli.arguments import Commands, add_command, existing_file, find_stack
from tunedrop.cli.commands.drop import upload_files
from tunedrop.cli.progress import Display, wait_for
from tunedrop.cli.run_folder import download
from tunedrop.cli.terminal import make_console
from tunedrop.errors import UserInputError
from tunedrop.predicting.messages import suffix_of
from tunedrop.predicting.records import PredictionRecord
from tunedrop.records import check_dataset_name


def add_parser(commands: Commands) -> None:
    """Add `predict` to the command line."""
    parser = add_command(
        commands,
        "predict",
        execute,
        summary="predict rows by the model in use",
        description="Uploads a file of rows, waits for the predictions of the dataset's model in"
        " use, and writes the rows with their predictions into a file. Says how the rows differ"
        " from the training rows.",
    )
    parser.add_argument("dataset", metavar="DATASET", help="the dataset whose model predicts")
    parser.add_argument(
        "file", type=existing_file, metavar="FILE", help="the rows: .csv, .csv.gz or .parquet"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="the file to write (default: predictions-FILE in this folder)",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    dataset, source = check_dataset_name(arguments.dataset), arguments.file
    suffix = suffix_of(source.name)
    output: Path = arguments.output or Path(f"predictions-{source.name}")
    bucket, console = find_stack(arguments).bucket, make_console()
    # A name of its own: two users' files do not replace one another.
    file = f"{source.name.removesuffix(suffix)[:80]}-{uuid.uuid4().hex[:8]}{suffix}"
    upload_files({keys.rows_to_predict(dataset, file): source}, bucket, console)
    with Display(console) as display:
        display.wait("Waiting for the predictions")
        key = keys.prediction(dataset, file)
        record = wait_for(partial(bucket.find_record, key, PredictionRecord))
        if record.error is not None:
            raise UserInputError(**record.error.model_dump())
        download(bucket, keys.predicted_rows(dataset, file), output)
        for note in record.notes:
            display.say(note)
        rows = wording.count(record.rows, "row")
        display.say(f"Predicted {rows} by the model of {dataset}/{record.run_id}: {output}")
    return 0
