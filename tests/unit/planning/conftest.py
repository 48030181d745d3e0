import pytest

from tests.support.planning import World


@pytest.fixture
def world() -> World:
    return World()
