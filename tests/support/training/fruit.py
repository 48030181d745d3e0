"""A small mixed table: numbers with gaps, categories, booleans, dates, text, constants."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

from tests.support.training.jobs import column

COLUMNS = [
    column("weight"),
    column("size"),
    column("colour", "categorical"),
    column("orchard", "categorical"),
    column("ripe", "boolean"),
    column("picked", "datetime"),
    column("remark", "text"),
    column("scale", "numeric", "ignored"),
    column("nothing", None, "ignored"),
    column("id", "numeric", "ignored"),
]
CLASSES = ("apple", "pear", "plum")


def rows(count: int = 120, *, seed: int = 3) -> list[dict[str, Any]]:
    draw = random.Random(seed)  # noqa: S311 - a table that is the same every time
    words = ["sweet", "sour", "firm", "soft", "spotted", "shiny", "late", "early"]
    table = []
    for index in range(count):
        kind = index % 3
        table.append(
            {
                "weight": "" if draw.random() < 0.1 else round(draw.gauss(100 - 20 * kind, 15), 2),
                "size": round(draw.gauss(kind, 1.0), 3),
                "colour": draw.choice([["red", "green", ""], ["green", "yellow"], ["blue"]][kind]),
                "orchard": f"orchard {draw.randrange(45)}",
                "ripe": draw.choice(["true", "false", ""]),
                "picked": f"2026-{draw.randrange(8, 11):02}-{draw.randrange(1, 29):02}T10:00:00",
                "remark": " ".join(draw.choices(words, k=5)),
                "scale": 5,
                "nothing": "",
                "id": index,
                "kind": CLASSES[kind],
                "price": round(2.0 + kind + draw.gauss(0, 0.5), 3),
            }
        )
    return table


def as_csv(table: list[dict[str, Any]], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def columns(task: str = "classification") -> list[dict[str, Any]]:
    target = ("kind", "categorical") if task == "classification" else ("price", "numeric")
    return [*COLUMNS, column(*target, "target")]
