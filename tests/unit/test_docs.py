"""What the prose promises exists: links, make targets, settings, keys, commands, dependencies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from cdk_app.context import parse_settings
from cdk_app.settings import Settings
from local_aws.cli import main as local_aws_command
from local_aws.conditions import Conditions, Kind, Quotas
from sklearn_trainer.model.hyperparameters import describe_values, hyperparameter_names
from sklearn_trainer.model.preprocessing import PREFIX, Preprocessing
from tools import interfaces_page, schemas, search_spaces_page
from tunedrop.cli.main import main as tunedrop_command
from tunedrop.planning.tuning_config.estimator_config import EstimatorConfig, NumericRangeConfig
from tunedrop.planning.tuning_config.file import read_tuning_config
from tunedrop.planning.tuning_config.model import (
    CompletenessConfig,
    ConvergenceConfig,
    ReportConfig,
    TuningConfig,
)
from tunedrop_common.metric_names import METRIC_NAMES

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
    ]
)
PAGE_IDS = [str(page.relative_to(ROOT)) for page in PAGES]

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(?P<text>.+?) *$", re.MULTILINE)
MAKE_COMMAND = re.compile(r"\bmake ([a-z][\w-]*)")
MAKE_RULE = re.compile(r"^(?P<targets>[a-z][\w -]*):", re.MULTILINE)
SOURCE_PATH = re.compile(
    r"(?<![\w/.])(?:cdk_app|common|lambda|training_container|local_aws|tools|benchmarks|tests|docs|examples)/[\w./-]*"
)
TABLE_KEY = re.compile(r"^\| `(?P<key>[\w.<>]+)` \|", re.MULTILINE)
SETTING_ROW = re.compile(r"^\| `(?P<key>[\w.]+)` \| `(?P<default>[^`]+)`(?: \||$)", re.MULTILINE)
TUNEDROP_COMMAND = re.compile(r"(?<![\w./])tunedrop ([a-z]+)([^\n#`]*)")
LOCAL_AWS_COMMAND = re.compile(r"python -m local_aws ([a-z]+)([^\n#`]*)")
# "make sure" and the like are English; commands stand in code.
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


Command = Callable[[list[str]], int]


def _prose(page: Path) -> str:
    """The page without code, in which brackets and hashes mean other things."""
    return INLINE_CODE.sub("", FENCE.sub("", page.read_text("utf-8")))


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", match["text"].lower()).replace(" ", "-")
        for match in HEADING.finditer(text)
    }


def _code(page: Path) -> str:
    return "\n".join(CODE.findall(page.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for match in LINK.finditer(_prose(page)):
        target = match["target"]
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), f"{target} is nowhere"
        assert linked.is_relative_to(ROOT), f"{target} leaves the repository"
        assert not anchor or anchor in _anchors(linked), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_make_target_that_a_page_names_is_in_the_makefile(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    rules = {name for match in MAKE_RULE.finditer(makefile) for name in match["targets"].split()}
    named = set(MAKE_COMMAND.findall(_code(page)))
    assert named <= rules, f"not in the Makefile: {sorted(named - rules)}"


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_repository_path_that_a_page_names_in_code_exists(page: Path) -> None:
    for code in INLINE_CODE.findall(FENCE.sub("", page.read_text("utf-8"))):
        for path in SOURCE_PATH.findall(code):
            assert (ROOT / path).exists(), f"{path} is nowhere"


def _flat_defaults(section: BaseModel, prefix: str = "") -> dict[str, Any]:
    """Every setting with its default as JSON has it; sections are opened, maps are not."""
    flat: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            flat |= _flat_defaults(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = section.model_dump(mode="json")[name]
    return flat


def test_the_settings_page_has_every_setting_with_its_default_and_no_other() -> None:
    page = (ROOT / "docs/settings.md").read_text("utf-8")
    rows = {match["key"]: json.loads(match["default"]) for match in SETTING_ROW.finditer(page)}
    assert rows == _flat_defaults(Settings())
    assert set(rows) == set(TABLE_KEY.findall(page))


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_settings_in_examples_of_json_and_of_commands_are_valid(page: Path) -> None:
    text = page.read_text("utf-8")
    contexts = [
        content["context"]["tunedrop"]
        for block in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        if "context" in (content := json.loads(block))
    ]
    commands = [json.loads(value) for value in re.findall(r"SETTINGS='([^']*)'", text)]
    for values in contexts + commands:
        parse_settings(values)


def _tuning_page() -> str:
    return (ROOT / "docs/tuning-yaml.md").read_text("utf-8")


def test_the_page_on_tuning_yaml_has_every_key_and_no_other() -> None:
    tables = _tuning_page().split("## Estimators", 1)[0]
    expected = {
        *(set(TuningConfig.model_fields) - {"complete_when", "convergence", "report"}),
        *(f"complete_when.{key}" for key in CompletenessConfig.model_fields),
        *(f"estimators.<name>.{key}" for key in EstimatorConfig.model_fields),
        *(f"convergence.{key}" for key in ConvergenceConfig.model_fields),
        *(f"report.{key}" for key in ReportConfig.model_fields),
        *NumericRangeConfig.model_fields,
    }
    assert set(TABLE_KEY.findall(tables)) == expected


def test_the_page_on_tuning_yaml_has_every_choice_of_the_preprocessing() -> None:
    table = _tuning_page().split("## Preprocessing", 1)[1].split("\n## ", 1)[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    names = hyperparameter_names(Preprocessing)
    assert set(rows) == {f"{PREFIX}{name}" for name in names}
    for name in names:
        words = re.findall(r"'(\w+)'", describe_values(Preprocessing, name))
        assert set(re.findall(r"`(\w+)`", rows[f"{PREFIX}{name}"])) == set(words)


def test_the_page_on_search_spaces_is_the_catalogue() -> None:
    assert search_spaces_page.PAGE.read_text("utf-8") == search_spaces_page.page(), (
        "the catalogue changed: run python -m tools.search_spaces_page"
    )


def test_the_page_on_interfaces_is_that_of_the_records() -> None:
    assert interfaces_page.PAGE.read_text("utf-8") == interfaces_page.page(), (
        "a record changed: run python -m tools.interfaces_page"
    )


def test_the_published_schemas_are_those_of_the_models() -> None:
    for file, schema in schemas.FILES.items():
        assert json.loads(file.read_text("utf-8")) == schema(), "run: python -m tools.schemas"


def test_the_page_on_tuning_yaml_lists_every_metric() -> None:
    section = _tuning_page().split("## Metrics", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"`(\w+)`", section))
    assert named == {name for names in METRIC_NAMES.values() for name in names}


def test_the_page_on_tuning_yaml_shows_the_example_as_it_is() -> None:
    example = (ROOT / "examples/penguins/tuning.yaml").read_text("utf-8")
    assert f"```yaml\n{example}```" in _tuning_page()


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
def test_every_tuning_yaml_that_a_page_shows_is_valid(page: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for block in blocks:
        read_tuning_config(block.encode())


def _help_of(
    command: str, capsys: pytest.CaptureFixture[str], main: Command = local_aws_command
) -> str:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=PAGE_IDS)
@pytest.mark.parametrize(
    ("pattern", "main"),
    [(LOCAL_AWS_COMMAND, local_aws_command), (TUNEDROP_COMMAND, tunedrop_command)],
    ids=["local_aws", "tunedrop"],
)
def test_every_command_on_a_page_exists_with_its_options(
    pattern: re.Pattern[str], main: Command, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, rest in pattern.findall(_code(page)):
        options = _help_of(command, capsys, main)
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in options, f"{command} has no {option}"


def test_the_page_on_the_local_aws_has_every_command_with_every_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (ROOT / "docs/local-aws.md").read_text("utf-8")
    section = page.partition("\n## Commands\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z]+)` \|(.*)$", section, re.MULTILINE))
    assert set(rows) == {"run", "up", "status", "logs", "down"}
    for command, row in rows.items():
        options = set(re.findall(r"--[a-z]+", _help_of(command, capsys))) - {"--help"}
        assert set(re.findall(r"--[a-z]+", row)) == options, command


def test_the_page_on_the_local_aws_has_every_condition_with_its_default() -> None:
    page = (ROOT / "docs/local-aws.md").read_text("utf-8")
    section = page.partition("\n## Simulated faults\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z0-9_]+)` \| ([^|]+) \|", section, re.MULTILINE))
    kinds = [name for name in rows if name in get_args(Kind)]
    assert set(kinds) == set(get_args(Kind))
    assert rows.pop("quotas") == "AWS's"
    defaults = Conditions().model_dump(mode="json", exclude={"quotas"})
    assert {n: json.loads(text) for n, text in rows.items() if n not in kinds} == defaults
    for name, quota in Quotas().model_dump(exclude={"instances"}).items():
        assert f"`{name}` {quota}" in section


def test_the_page_on_the_tunedrop_command_has_every_command_with_every_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (ROOT / "docs/cli.md").read_text("utf-8")
    commands, options = page.split("### Options", 1)
    rows = dict(re.findall(r"^\| `([a-z]+)` \|(.*)$", commands, re.MULTILINE))
    explained = dict(re.findall(r"^\| `(--[a-z-]+)[^`]*` \| ([a-z, ]+) \|", options, re.MULTILINE))
    common = {"--help", *re.findall(r"`(--[a-z]+)", commands.partition("All commands take")[2])}
    assert common == {"--help", "--stack", "--region", "--profile"}
    listed = _help_of("--help", capsys, tunedrop_command)
    assert set(rows) == set(re.findall(r"^    ([a-z]+) ", listed, re.MULTILINE))
    for command, row in rows.items():
        shown = _help_of(command, capsys, tunedrop_command)
        command_options = set(re.findall(r"--[a-z][a-z-]+", shown))
        assert common <= command_options
        assert set(re.findall(r"--[a-z-]+", row)) == command_options - common, command
        assert command_options - common == {
            o for o, of in explained.items() if command in of.split(", ")
        }


def test_every_known_difference_from_aws_is_pinned_by_tests_that_exist() -> None:
    """A row names `file.py` or `file.py::test`, unless MiniStack has the difference, too."""
    page = (ROOT / "docs/fidelity.md").read_text("utf-8")
    rows = re.findall(r"^\| .+ \| .+ \| (.+) \|$", page, re.MULTILINE)
    assert len(rows) > 40
    for pinned in rows:
        if pinned not in ("pinned by", "MiniStack's"):
            file, _, name = pinned.strip("`").partition("::")
            paths = (ROOT / "tests").rglob(file)
            assert any(name in path.read_text("utf-8") for path in paths), pinned


def test_the_readme_leads_to_every_page() -> None:
    linked = {
        match["target"].partition("#")[0] for match in LINK.finditer(_prose(ROOT / "README.md"))
    }
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert pages <= linked, f"nobody finds {sorted(pages - linked)}"
