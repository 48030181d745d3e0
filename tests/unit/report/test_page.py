"""report.html: complete in itself, closed to the network, and safe from hostile names."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.browser.synthetic_runs import RUNS, run
from tests.support.report.html_pages import Page
from tests.support.report.synthetic_explanations import explained, of_classes
from tests.support.report.synthetic_plan import HOSTILE
from tests.support.report.synthetic_results import make_results
from tunedrop.report import javascript
from tunedrop.report.markdown import report_md
from tunedrop.report.page import compressed_json, report_html
from tunedrop.report.results import Results


@pytest.fixture(scope="module")
def results() -> Results:
    return make_results(30)


@pytest.fixture(scope="module")
def page(results: Results) -> Page:
    return Page(report_html(results))


def test_the_page_says_how_it_went(page: Page, results: Results) -> None:
    shown = (results.sentence, *results.warnings, *results.plan.automatic_decisions)
    for words in (*shown, str(results.model), "0.9500 to 0.9900", "+0.02", "scikit-learn 1.9.1"):
        assert words in page.text, words


def test_only_the_pages_own_scripts_may_run_and_nothing_may_be_loaded(page: Page) -> None:
    (page_script,) = (body for attributes, body in page.scripts if "type" not in attributes)
    bodies = [page.inflated("vega"), page_script]
    hashes = [base64.b64encode(hashlib.sha256(b.encode()).digest()).decode() for b in bodies]
    assert page.policy == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}'; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_the_policy_comes_before_anything_that_it_governs(page: Page) -> None:
    assert [tag for tag, _ in page.elements[:5]] == ["html", "head", "meta", "meta", "meta"]
    assert page.elements[3][1]["http-equiv"] == "Content-Security-Policy"


def test_only_links_to_the_console_point_outside(page: Page) -> None:
    for tag, attributes in page.elements:
        if tag == "a":
            address = str(attributes["href"])
            assert address.startswith("https://eu-west-1.console.aws.amazon.com/")
            assert attributes["rel"] == "noopener noreferrer"
            continue
        for name in ("src", "href", "action", "data", "srcset", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, name, value)
        assert not [name for name in attributes if name.startswith("on")], tag


def test_every_chart_has_its_place_its_label_and_its_table(page: Page) -> None:
    places = {a["id"]: a for _, a in page.elements if a.get("class") == "chart"}
    assert set(places) == set(page.data["charts"])
    assert all(place["aria-label"] for place in places.values())
    tables = {a["data-chart"] for _, a in page.elements if a.get("class") == "behind"}
    assert tables == set(places) - {"chart-contenders"}  # its table stands below it, open


@pytest.mark.parametrize("name", RUNS)
def test_every_kind_of_run_makes_a_page_on_which_names_stay_text(name: str) -> None:
    text = report_html(run(name))
    page = Page(text)
    assert "A better model is in use" in text
    assert "NaN" not in json.dumps(page.data)
    assert "img" not in {tag for tag, _ in page.elements}
    assert len(page.scripts) == text.count("</script>") == 3
    if name == "hostile names":
        assert page.text.count("<img src=x onerror=alert(1)>") >= 6
    if name == "hostile hyperparameters":
        columns = [str(a["data-columns"]) for _, a in page.elements if a.get("data-chart")]
        assert any(HOSTILE in label for column in columns for _, label in json.loads(column))


@pytest.mark.parametrize("name", ["hostile names", "hostile names explained"])
def test_names_turn_no_text_round_and_are_not_long(name: str) -> None:
    in_code = "x" * 10_000
    odd = f"\u202eodd\n{in_code}"
    document = run(name).model_dump_json()
    results = Results.model_validate_json(
        document.replace(json.dumps(HOSTILE, ensure_ascii=False)[1:-1], json.dumps(odd)[1:-1])
    )
    page = Page(report_html(results))
    drawn = json.dumps(page.data, ensure_ascii=False)
    assert r"\u202eodd" in page.text
    for text in (page.text, drawn, report_md(results)):
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e")
        assert set(re.findall("x{1000,}", text)) <= {in_code}


@given(st.text(max_size=60))
def test_data_in_a_script_element_can_never_end_it(text: str) -> None:
    inside = compressed_json({text: [text, 1.5, None]})
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", inside)
    assert json.loads(zlib.decompress(base64.b64decode(inside))) == {text: [text, 1.5, None]}


@pytest.mark.parametrize(
    ("jobs", "most"), [(750, 1_100_000), pytest.param(10_000, 2_000_000, marks=pytest.mark.slow)]
)
def test_the_page_stays_small_with_everything_that_can_be_explained(jobs: int, most: int) -> None:
    names = [f"a column with a name of some length, number {place}" for place in range(300)]
    labels = [f"a class with a name of some length, number {place}" for place in range(30)]
    assert len(report_html(explained(make_results(jobs), of_classes(labels, names)))) < most


def test_a_lambda_reads_its_bundle_and_has_no_bundler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_installed(name: str) -> str:
        raise PackageNotFoundError(name)

    (tmp_path / javascript.BUNDLE).write_text("window.vegaEmbed = 1")
    monkeypatch.setattr(javascript, "__file__", str(tmp_path / "javascript.py"))
    monkeypatch.setattr(javascript, "version", not_installed)
    javascript.read.cache_clear()
    try:
        assert javascript.read() == "window.vegaEmbed = 1"
    finally:
        javascript.read.cache_clear()
