from __future__ import annotations

import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cdk_app import bundling
from cdk_app.bundling import GROUPS, PLANNING, REPORT, WORKFLOW, Bundler, BundlingError, Group
from cdk_app.bundling import Platform as LambdaPlatform
from cdk_app.bytecode import BytecodeError, find_compiler
from cdk_app.import_closure import ImportClosureError
from cdk_app.settings import Settings
from tests.infrastructure.conftest import LAPTOP

# Lambda's limit for a function with all its layers, unzipped:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LIMIT_BYTES = 250 * 1024 * 1024

AWS = LambdaPlatform(Settings().lambda_architecture, Settings().lambda_python)
HERE = LambdaPlatform(str(LAPTOP["lambda_architecture"]), str(LAPTOP["lambda_python"]))

by_name = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


def names_in(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


@by_name
@pytest.mark.parametrize("machine", [AWS, HERE], ids=str)
def test_an_asset_fits_into_a_lambda(group: Group, machine: LambdaPlatform) -> None:
    asset = Bundler(machine).asset(group)

    with zipfile.ZipFile(asset.path) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) < LIMIT_BYTES


@by_name
def test_handlers_import_from_their_asset_and_the_runtimes_boto3_alone(
    group: Group, tmp_path: Path
) -> None:
    asset = Bundler(HERE).asset(group)
    with zipfile.ZipFile(asset.path) as archive:
        archive.extractall(tmp_path / "task")
    # What Lambda's runtime brings, and nothing else of this machine's packages.
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for package in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"):
        (installed,) = (p for p in map(Path, sys.path) if (p / package).exists())
        (runtime / package).symlink_to(installed / package)
    imports = "; ".join(f"import tunedrop.handlers.{name}" for name in group.handlers)

    result = subprocess.run(
        [sys.executable, "-S", "-c", imports],
        env={"PYTHONPATH": f"{tmp_path / 'task'}:{runtime}", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr


def test_each_asset_has_only_the_libraries_of_its_group() -> None:
    tops = {
        group.name: {name.split("/")[0] for name in names_in(Bundler(AWS).asset(group).path)}
        for group in GROUPS
    }

    assert "pyarrow" in tops["planning"]
    assert "altair" in tops["report"]
    assert not {"pyarrow", "altair", "yaml"} & tops["workflow"]
    assert "pyarrow" not in tops["report"]
    assert "altair" not in tops["planning"]
    for names in tops.values():
        assert not {"boto3", "botocore", "vl_convert", "numpy", "pandas"} & names


def test_each_asset_has_only_the_modules_of_its_group() -> None:
    workflow = names_in(Bundler(AWS).asset(WORKFLOW).path)

    assert "tunedrop/handlers/start_job.py" in workflow
    assert "tunedrop/handlers/plan_run.py" not in workflow
    assert not [name for name in workflow if name.startswith("tunedrop/report/")]


def test_the_reports_javascript_is_bundled_at_build_time() -> None:
    asset = Bundler(AWS).asset(REPORT)

    with zipfile.ZipFile(asset.path) as archive:
        assert b"vegaEmbed" in archive.read("tunedrop/report/vega.js")


def test_nothing_in_an_asset_depends_on_time_or_machine() -> None:
    asset = Bundler(AWS).asset(PLANNING)

    with zipfile.ZipFile(asset.path) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert not [e.filename for e in entries if e.filename.endswith("/RECORD")]
    tag = f".cpython-{AWS.python.replace('.', '')}.pyc"
    assert all(e.filename.endswith(tag) for e in entries if "__pycache__" in e.filename)
    assert len({entry.filename for entry in entries}) == len(entries)


# The rest builds a small group of its own, whose libraries are one tiny wheel.

SMALL = Group("small", ("hello",))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "lambda"
    (folder / "tunedrop/handlers").mkdir(parents=True)
    (folder / "requirements").mkdir()
    (folder / "tunedrop/__init__.py").touch()
    (folder / "tunedrop/handlers/__init__.py").touch()
    (folder / "tunedrop/handlers/hello.py").write_text("import jmespath\n")
    (folder / "requirements/small.txt").write_text("jmespath==1.1.0\n")
    return folder


@pytest.fixture
def bundler(source: Path, tmp_path: Path) -> Bundler:
    return Bundler(HERE, source=source, cache=tmp_path / "cache")


def test_the_same_content_built_twice_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    first = Bundler(HERE, source=source, cache=tmp_path / "one").asset(SMALL)
    second = Bundler(HERE, source=source, cache=tmp_path / "two").asset(SMALL)

    assert first.hash == second.hash
    assert first.path.read_bytes() == second.path.read_bytes()


def test_every_module_of_an_asset_has_bytecode(tmp_path: Path) -> None:
    names = names_in(Bundler(HERE).asset(REPORT).path)

    sources = [Path(name) for name in names if name.endswith(".py")]
    assert len(sources) > 400
    tag = f".cpython-{HERE.python.replace('.', '')}.pyc"
    wanted = {str(path.parent / "__pycache__" / (path.stem + tag)) for path in sources}
    assert {name for name in names if name.endswith(".pyc")} == wanted


def test_python_takes_the_bytecode_without_a_look_at_the_source(
    bundler: Bundler, source: Path, tmp_path: Path
) -> None:
    (source / "tunedrop/handlers/hello.py").write_text("import jmespath\nprint('compiled')\n")
    task = tmp_path / "task"
    with zipfile.ZipFile(bundler.asset(SMALL).path) as archive:
        archive.extractall(task)
    for module in ("tunedrop/handlers/hello.py", "jmespath/__init__.py"):
        (task / module).write_text("raise AssertionError('the source was compiled')\n")

    program = "import sys; sys.path.insert(0, sys.argv[1]); import tunedrop.handlers.hello"
    found = subprocess.run(
        [sys.executable, "-S", "-c", program, str(task)], capture_output=True, text=True, check=True
    )

    assert found.stdout == "compiled\n"


@pytest.mark.parametrize(
    "group", [SMALL, pytest.param(WORKFLOW, marks=pytest.mark.slow)], ids=lambda group: group.name
)
def test_bytecode_is_the_same_whatever_the_environment_says(
    group: Group, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source if group is SMALL else bundling.ROOT / "lambda"
    first = Bundler(HERE, source=source, cache=tmp_path / "one").asset(group)
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "elsewhere"))
    second = Bundler(HERE, source=source, cache=tmp_path / "a/longer/path").asset(group)

    assert first.path.read_bytes() == second.path.read_bytes()


def test_without_the_lambdas_python_there_is_no_bytecode_and_another_hash(
    bundler: Bundler, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundling, "find_compiler", lambda version: None)
    without = Bundler(HERE, source=source, cache=tmp_path / "cache")

    asset = without.asset(SMALL)
    assert not [name for name in names_in(asset.path) if name.endswith(".pyc")]
    assert asset.hash != bundler.asset(SMALL).hash


def test_a_compiler_is_a_python_of_exactly_this_version() -> None:
    assert find_compiler(HERE.python) == sys.executable
    assert find_compiler("3.99") is None


def test_a_module_that_cannot_be_compiled_is_named(bundler: Bundler, source: Path) -> None:
    (source / "tunedrop/handlers/hello.py").write_text("x = 1\nreturn x\n")

    with pytest.raises(BytecodeError, match=r"(?s)hello\.py.*'return' outside function"):
        bundler.asset(SMALL)


def test_a_second_build_builds_nothing(bundler: Bundler, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bundler.asset(SMALL)
    monkeypatch.setattr(bundling, "_run", lambda *command, **_: pytest.fail(str(command)))

    assert bundler.asset(SMALL) == first


def test_changed_code_makes_a_new_asset_without_installing_again(
    bundler: Bundler, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bundler.asset(SMALL)
    monkeypatch.setattr(bundling, "_run", lambda *command, **_: pytest.fail(str(command)))
    (source / "tunedrop/handlers/hello.py").write_text("import jmespath  # changed\n")

    after = bundler.asset(SMALL)

    assert after.hash != before.hash
    with zipfile.ZipFile(after.path) as archive:
        assert archive.read("tunedrop/handlers/hello.py") == b"import jmespath  # changed\n"


def test_code_that_no_handler_imports_changes_no_asset(bundler: Bundler, source: Path) -> None:
    before = bundler.asset(SMALL)
    (source / "tunedrop/elsewhere.py").write_text("x = 1\n")

    assert bundler.asset(SMALL) == before


@pytest.mark.parametrize(
    "machine", [LambdaPlatform("arm64", "3.13"), LambdaPlatform("x86_64", "3.12")], ids=str
)
def test_another_platform_is_another_asset(
    source: Path, tmp_path: Path, machine: LambdaPlatform
) -> None:
    here = Bundler(LambdaPlatform("x86_64", "3.13"), source=source, cache=tmp_path).asset(SMALL)

    assert Bundler(machine, source=source, cache=tmp_path).asset(SMALL).hash != here.hash


def test_an_interrupted_build_leaves_nothing_that_looks_finished(
    bundler: Bundler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bundling, "_add", interrupt)
        with pytest.raises(KeyboardInterrupt):
            bundler.asset(SMALL)

    assert list((tmp_path / "cache").iterdir()) == []
    assert bundler.asset(SMALL).path.is_file()


def test_a_library_that_cannot_be_installed_is_told_with_the_tools_own_words(
    bundler: Bundler, source: Path
) -> None:
    (source / "requirements/small.txt").write_text("jmespath==1.1.0 --hash=sha256:" + "0" * 64)

    with pytest.raises(BundlingError, match=r"(?s)pip install.*jmespath"):
        bundler.asset(SMALL)


def test_a_missing_handler_is_named(bundler: Bundler) -> None:
    with pytest.raises(ImportClosureError, match=r"tunedrop\.handlers\.goodbye"):
        bundler.asset(Group("small", ("goodbye",)))


def test_only_the_newest_assets_of_a_group_are_kept(
    bundler: Bundler, source: Path, tmp_path: Path
) -> None:
    newest = None
    for age in range(8, 0, -1):
        (source / "tunedrop/handlers/hello.py").write_text(f"x = {age}\n")
        newest = bundler.asset(SMALL)
        os.utime(newest.path, (1_000_000 - age, 1_000_000 - age))

    kept = sorted((tmp_path / "cache").glob("small-*.zip"))
    assert len(kept) == 4
    assert newest is not None
    assert newest.path in kept


def test_progress_is_told_on_stderr_only_when_something_is_installed(
    bundler: Bundler, capsys: pytest.CaptureFixture[str]
) -> None:
    bundler.asset(SMALL)
    first = capsys.readouterr()
    bundler.asset(SMALL)
    second = capsys.readouterr()

    assert first.err == f"Bundling the small Lambdas' libraries ({HERE})\n"
    assert (first.out, second.out, second.err) == ("", "", "")
    assert platform.python_version().startswith(HERE.python)
