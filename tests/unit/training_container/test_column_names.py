from sklearn_trainer.data.column_names import unique_names


def test_names_that_come_twice_are_told_apart() -> None:
    assert unique_names(["a", "a", "a.1", " a ", "b"]) == ["a", "a.1", "a.1.1", "a.2", "b"]


def test_very_many_columns_without_a_name_are_numbered() -> None:
    assert unique_names([""] * 20_000)[-1] == ".19999"
