"""The directions of import: from a higher floor to a lower one, and between no two parts."""

from __future__ import annotations

import ast
from collections import defaultdict
from graphlib import TopologicalSorter

import pytest

from tests.support.imports import PARTS, files_behind, imported, module_of, modules, tree

# But for what PlanRun and Predict use: they run in the training image, beside `sklearn_trainer`.
MAY_IMPORT = {
    "tunedrop": {"tunedrop_common"},
    "sklearn_trainer": {"tunedrop_common"},
    "cdk_app": set[str](),
    "local_aws": set[str](),
    "tunedrop_common": set[str](),
}

# What runs in the training image may use what trains there.
IN_THE_IMAGE = ("tunedrop.planning.", "tunedrop.predicting.")

# From the top; parts of one floor don't import each other.
FLOORS = {
    "tunedrop": (
        ("cli", "handlers"),
        ("report",),
        ("admission", "planning", "predicting"),
        ("failures",),
        ("running", "index"),
        ("champions", "admission_state"),
        ("run_record",),
        ("trigger",),
        ("datasets",),
    ),
    "sklearn_trainer": (
        ("tune", "confirm", "serving"),
        ("ensembling",),
        ("explanation", "confirm_file"),
        ("evaluation",),
        ("model",),
        ("data",),
        ("process",),
    ),
}
# The ground: single modules beside the parts (storage, keys, errors, contract, schema, ...), which
# every floor may import, and which import one another only.
FLOOR_OF = {
    (package, part): floor
    for package, floors in FLOORS.items()
    for floor, parts in enumerate(floors)
    for part in parts
}


def inner_imports(part: str) -> dict[str, set[str]]:
    """Return which modules of a part name_imported of its modules imports when it is loaded."""
    paths = modules(part)
    imports = {}
    for name, path in paths.items():
        parents = {name.rsplit(".", depth)[0] for depth in range(name.count(".") + 1)}
        used = {module_of(name_imported, paths) for name_imported in imported(path)}
        imports[name] = used - {""} - parents
    return imports


@pytest.mark.parametrize("part", PARTS)
def test_no_part_imports_another_but_what_they_have_in_common(part: str) -> None:
    foreign = {*PARTS, "tests", "tools", "benchmarks"} - {part} - MAY_IMPORT[part]
    wrong = [
        f"{module} imports {name}"
        for module, path in modules(part).items()
        for name in imported(path)
        if name.partition(".")[0] in foreign
        and not (module.startswith(IN_THE_IMAGE) and name.startswith("sklearn_trainer."))
    ]
    assert not wrong


def test_no_lambda_but_those_of_the_image_reaches_the_code_of_the_training_jobs() -> None:
    handlers = {name for name in modules("tunedrop") if name.startswith("tunedrop.handlers.")}
    for handler in handlers - {"tunedrop.handlers.plan_run", "tunedrop.handlers.predict"}:
        folders = {path.parts for path in files_behind(handler)}
        assert not [parts for parts in folders if "sklearn_trainer" in parts], handler


def test_what_is_common_imports_the_standard_library_and_pydantic_only() -> None:
    import sys

    allowed = {*sys.stdlib_module_names, "pydantic", "tunedrop_common"}
    wrong = [
        f"{module} imports {name}"
        for module, path in modules("tunedrop_common").items()
        for name in imported(path)
        if name.partition(".")[0] not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize("package", FLOORS)
def test_every_folder_has_a_floor(package: str) -> None:
    folders = {(package, path.parent.name) for path in PARTS[package].glob("*/__init__.py")}
    assert folders <= FLOOR_OF.keys()


@pytest.mark.parametrize("package", FLOORS)
def test_imports_within_a_part_go_down(package: str) -> None:
    ground = len(FLOORS[package])
    wrong = []
    for module, used in inner_imports(package).items():
        importing_part = module.split(".")[1] if "." in module else ""
        for imported_module in sorted(used):
            imported_part = imported_module.split(".")[1] if "." in imported_module else ""
            if importing_part == imported_part or importing_part in ("", "__main__"):
                continue
            below = FLOOR_OF.get((package, imported_part), ground + 1)
            if not FLOOR_OF.get((package, importing_part), ground) < below:
                wrong.append(f"{module} imports {imported_module}")
    assert not wrong


@pytest.mark.parametrize("part", PARTS)
def test_no_imports_go_round_in_a_circle(part: str) -> None:
    TopologicalSorter(inner_imports(part)).prepare()


@pytest.mark.parametrize("part", PARTS)
def test_a_class_name_is_used_once_in_a_part(part: str) -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for module, path in modules(part).items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_only_what_reads_tables_for_a_plan_infers_kinds() -> None:
    inferring = "sklearn_trainer.data.column_profiles"
    importers = {
        module
        for module, path in modules("sklearn_trainer").items()
        if any(name.startswith(inferring) for name in imported(path))
    }
    assert importers == {"sklearn_trainer.data.tables", "sklearn_trainer.data.csv_tables"}
    jobs = {"sklearn_trainer.data.dataset", "sklearn_trainer.serving.predictor"}
    for module in jobs:
        names = set(imported(modules("sklearn_trainer")[module]))
        assert "sklearn_trainer.data.tables.inspect_table" not in names
