from __future__ import annotations

from pathlib import Path

import pytest

from cdk_app.import_closure import ImportClosureError, import_closure


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, source in {
        "shop/__init__.py": "",
        "shop/basket.py": "import json\nfrom shop import prices\nfrom shop.errors import Empty",
        "shop/prices.py": "def price():\n    from . import taxes\n    return taxes",
        "shop/taxes.py": "import shop.rates.table",
        "shop/errors.py": "class Empty(Exception): ...",
        "shop/rates/__init__.py": "from .table import RATES",
        "shop/rates/table.py": "RATES = {}",
        "shop/unused.py": "import shop.basket",
        "shop/typed.py": (
            "from typing import TYPE_CHECKING\n"
            "import typing\n"
            "if TYPE_CHECKING:\n    from shop import unused\n"
            "else:\n    from shop import errors\n"
            "if typing.TYPE_CHECKING:\n    import shop.unused\n"
        ),
        "shop/rates/rates.json": "{}",
        "shop/rates/templates/page.html": "<p>",
        "shop/rates/__pycache__/table.cpython-311.pyc": "x",
        "shop/broken.py": "from shop.nothing import here",
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
    return tmp_path


def closure(root: Path, *modules: str) -> set[str]:
    return {path.as_posix() for path in import_closure(root, modules)}


def test_what_is_imported_is_there_and_what_is_not_is_not(root: Path) -> None:
    assert closure(root, "shop.basket") == {
        "shop/__init__.py",
        "shop/basket.py",
        "shop/prices.py",
        "shop/taxes.py",
        "shop/errors.py",
        "shop/rates/__init__.py",
        "shop/rates/table.py",
        "shop/rates/rates.json",
        "shop/rates/templates/page.html",
    }


def test_the_packages_around_a_module_come_along(root: Path) -> None:
    assert closure(root, "shop.rates.table") >= {"shop/__init__.py", "shop/rates/__init__.py"}


def test_imports_for_type_checkers_only_are_left_out(root: Path) -> None:
    assert closure(root, "shop.typed") == {"shop/__init__.py", "shop/typed.py", "shop/errors.py"}


def test_several_modules_share_one_closure(root: Path) -> None:
    together = closure(root, "shop.errors", "shop.rates")

    assert together == closure(root, "shop.errors") | closure(root, "shop.rates")


def test_an_import_of_a_module_that_is_missing_names_both_files(root: Path) -> None:
    with pytest.raises(ImportClosureError, match=r"broken\.py imports shop\.nothing"):
        import_closure(root, ["shop.broken"])


def test_a_module_that_is_missing_is_named(root: Path) -> None:
    with pytest.raises(ImportClosureError, match=r"no module shop\.handlers"):
        import_closure(root, ["shop.handlers"])
