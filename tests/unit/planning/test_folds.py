import pytest

from tunedrop.errors import DatasetError, TuningConfigError
from tunedrop.planning.folds import choose_final_test, choose_folds, confirm_repeats
from tunedrop.planning.tuning_config.file import read_tuning_config


@pytest.mark.parametrize(
    ("yaml", "rows", "folds", "holdout"),
    [
        ("", 150, 5, None),
        ("", 100_000, 5, None),
        ("", 100_001, 1, 0.2),
        ("folds: 10", 200_000, 10, None),
        ("folds: 1", 150, 1, 0.2),
        ("strategy: hyperband", 150, 8, None),
        ("strategy: hyperband\nfolds: 10", 150, 10, None),
    ],
)
def test_folds_follow_from_rows_and_strategy(
    yaml: str, rows: int, folds: int, holdout: float | None
) -> None:
    chosen, why = choose_folds(read_tuning_config(yaml.encode()), "classification", rows, 3)
    assert (chosen.folds, chosen.holdout_fraction) == (folds, holdout)
    assert (chosen.stratified, chosen.kind, chosen.seed) == (True, "shuffled", 3)
    assert bool(why) == ("folds" not in yaml)


def test_more_folds_than_rows_can_fill_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"line 1.*19 rows; expected at least 20"):
        choose_folds(read_tuning_config(b"folds: 10"), "regression", 19, 0)


@pytest.mark.parametrize(
    ("yaml", "rows", "has_file", "kind", "fraction"),
    [
        ("", 999, False, "none", None),
        ("", 1_000, False, "fraction", 0.2),
        ("", 1_000, True, "file", None),
        ("test_fraction: 0.1", 100, False, "fraction", 0.1),
        ("test_fraction: 0", 5_000, False, "none", None),
        ("test_fraction: 0", 5_000, True, "file", None),
    ],
)
def test_the_final_test_is_a_file_or_a_fifth_or_none(
    yaml: str, rows: int, has_file: bool, kind: str, fraction: float | None
) -> None:
    test, _ = choose_final_test(read_tuning_config(yaml.encode()), rows, has_file)
    assert (test.kind, test.fraction) == (kind, fraction)


def test_a_test_file_and_a_fraction_together_are_refused() -> None:
    with pytest.raises(TuningConfigError, match="line 1"):
        choose_final_test(read_tuning_config(b"test_fraction: 0.1"), 5_000, True)


def test_confirm_repeats_less_on_more_rows() -> None:
    assert [confirm_repeats(rows) for rows in (100, 50_000, 500_000)] == [4, 2, 1]
