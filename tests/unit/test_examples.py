"""The example datasets are what their READMEs say, and their tuning.yaml is valid."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from tunedrop.planning.tuning_config.file import read_tuning_config

EXAMPLES = Path(__file__).parents[2] / "examples"
DATASETS = ("penguins", "cars")
ALLOWED_FILES = {"train.csv", "tuning.yaml", "README.md"}

ROWS = re.compile(r"`train\.csv`, (\d+) rows, (\d+) columns")
COLUMN = re.compile(r"^\| `(?P<name>\w+)` \|[^|]+\| (?P<kind>text|number) \| (?P<missing>\d+) \|$")
TARGET = re.compile(r"^- \*\*Target\*\*: `(\w+)`", re.MULTILINE)


def _readme(dataset: str) -> str:
    return (EXAMPLES / dataset / "README.md").read_text("utf-8")


def _rows(dataset: str) -> list[dict[str, str]]:
    with (EXAMPLES / dataset / "train.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def _described_columns(dataset: str) -> list[re.Match[str]]:
    return [match for line in _readme(dataset).splitlines() if (match := COLUMN.match(line))]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_every_example_folder_is_known_and_has_only_what_belongs_into_a_dataset() -> None:
    folders = {path.name: {file.name for file in path.iterdir()} for path in EXAMPLES.iterdir()
               if path.is_dir()}  # fmt: skip
    assert set(folders) == set(DATASETS)
    for name, files in folders.items():
        assert {"train.csv", "README.md"} <= files <= ALLOWED_FILES, name


@pytest.mark.parametrize("dataset", DATASETS)
def test_rows_and_columns_are_as_many_as_the_readme_says(dataset: str) -> None:
    described = ROWS.search(_readme(dataset))
    assert described is not None
    rows = _rows(dataset)
    assert (len(rows), len(rows[0])) == (int(described[1]), int(described[2]))


@pytest.mark.parametrize("dataset", DATASETS)
def test_columns_kinds_and_missing_values_are_as_the_readme_says(dataset: str) -> None:
    rows, columns = _rows(dataset), _described_columns(dataset)
    assert [match["name"] for match in columns] == list(rows[0])
    for match in columns:
        present = [row[match["name"]] for row in rows if row[match["name"]] != ""]
        assert len(rows) - len(present) == int(match["missing"]), match["name"]
        numbers = sum(map(_is_number, present))
        assert numbers == (len(present) if match["kind"] == "number" else 0), match["name"]


def test_the_tuning_yaml_of_the_penguins_is_valid_and_names_their_columns() -> None:
    config = read_tuning_config((EXAMPLES / "penguins/tuning.yaml").read_bytes())
    columns = set(_rows("penguins")[0])
    assert config.target == "species"
    assert set(config.ignore_columns) <= columns - {"species"}
