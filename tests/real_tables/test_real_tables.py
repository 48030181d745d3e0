"""Each real table ends in a model with a verdict, or in a message with which to correct it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real_tables.__main__ import run
from tests.support.real_tables.runs import MODEL, PLANNED, REFUSED, Outcome
from tests.support.real_tables.sources import names
from tests.support.training.forks import ForkServer

pytestmark = pytest.mark.slow

THOROUGH = names()[7::40]
ALL_PLANNED = names()[3::10]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.stop()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", THOROUGH)
def test_every_fortieth_table_ends_in_a_model_or_in_a_message(
    name: str, server: ForkServer
) -> None:
    check(run(name, server))


@pytest.mark.timeout(1200)
def test_every_tenth_table_is_planned_or_refused_in_words() -> None:
    for name in ALL_PLANNED:
        outcome = run(name, None)
        assert outcome.ending in (PLANNED, REFUSED), f"{name}: {outcome.message}"


def check(outcome: Outcome) -> None:
    assert outcome.ending in (MODEL, REFUSED), f"{outcome.name}: {outcome.message}"
    if outcome.ending == REFUSED:
        assert outcome.to_do
        assert outcome.to_do in outcome.message
        return
    assert outcome.sentence
