"""Tables with a fault built in, each with what is wrong with it; and one without."""

from __future__ import annotations

import numpy as np
import pandas as pd

TARGET = "target"


def plain(rows: int = 240, seed: int = 1) -> pd.DataFrame:
    """Return a table without a fault: the target is what the sizes say, and chance."""
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(draw.normal(size=(rows, 3)), columns=["size", "weight", "price"]).round(4)
    value = table["size"] + table["weight"] + draw.normal(size=rows)
    return table.assign(target=np.where(value > 0, "kept", "left"))


def leaking() -> pd.DataFrame:
    """Return a table with a code that was made from the target: values repeat, rows are unlike."""
    table = plain()
    codes = np.arange(len(table)) % 8 + 8 * (table[TARGET] == "left")
    return table.assign(code=[f"k{code}" for code in codes])


def copied() -> pd.DataFrame:
    """Return a table with the target under another name."""
    table = plain()
    table.insert(1, "churned", (table[TARGET] == "left").astype(int))
    return table


def patients(of_one: int = 10, noise: float = 0.02) -> pd.DataFrame:
    """Return 40 patients of nearly equal rows, each with one target."""
    draw = np.random.default_rng(3)
    table = draw.normal(size=(40, 3)).repeat(of_one, axis=0)
    table += draw.normal(scale=noise, size=table.shape)
    frame = pd.DataFrame(table.round(3), columns=["pressure", "sugar", "age"])
    frame.insert(0, "patient", np.arange(40).repeat(of_one) + 1000)
    frame[TARGET] = draw.choice(["ill", "well"], 40).repeat(of_one)
    return frame.sample(frac=1.0, random_state=1).reset_index(drop=True)


def duplicated() -> pd.DataFrame:
    """Return a table of which 24 rows are there twice."""
    table = plain()
    return pd.concat([table, table.iloc[50:74]], ignore_index=True)


def overlapping() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table and a test file of which 20 rows are training rows."""
    table = plain()
    return table, pd.concat([plain(60, seed=2), table.iloc[:20]], ignore_index=True)


def drifting() -> pd.DataFrame:
    """Return a table in the order of time, whose target changes with it."""
    table = plain()
    when = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(len(table)) * 5, "h")
    late = (np.arange(len(table)) > len(table) / 2) & (table["price"] > 0)
    table[TARGET] = table[TARGET].where(~late, "left")
    table.insert(0, "sold", when)
    return table


def noise() -> pd.DataFrame:
    """Return a table with nothing to learn."""
    return plain().assign(target=lambda table: table[TARGET].sample(frac=1, random_state=4).array)
