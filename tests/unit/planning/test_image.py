from __future__ import annotations

import pytest

from tests.support.fakes import FakeEcr, client_error
from tests.support.planning import IRIS, World
from tunedrop import __version__
from tunedrop.environment import DeploymentError
from tunedrop.planning.image import pin_image

NAME = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/tunedrop/training"
OLD, NEW = (f"sha256:{digit * 64}" for digit in "01")


def test_a_tag_becomes_the_digest_that_it_points_to() -> None:
    ecr = FakeEcr()
    assert pin_image(ecr, f"{NAME}:1a2b") == (f"{NAME}@{OLD}", "")
    assert ecr.calls_of("DescribeImages") == [
        {
            "registryId": "123456789012",
            "repositoryName": "tunedrop/training",
            "imageIds": [{"imageTag": "1a2b"}],
        }
    ]


def test_an_image_that_has_its_digest_is_not_asked_for() -> None:
    ecr = FakeEcr()
    assert pin_image(ecr, f"{NAME}@{NEW}") == (f"{NAME}@{NEW}", "")
    assert ecr.calls == []


@pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
def test_an_image_that_is_not_there_is_the_deployments_fault(code: str) -> None:
    ecr = FakeEcr()
    ecr.fail_next("DescribeImages", client_error(code))
    with pytest.raises(DeploymentError, match=rf"no training image {NAME}:1a2b. Deploy"):
        pin_image(ecr, f"{NAME}:1a2b")


def test_another_accounts_image_may_stay_named_by_its_tag() -> None:
    ecr = FakeEcr()
    ecr.fail_next("DescribeImages", client_error("AccessDeniedException"))
    image, warning = pin_image(ecr, f"{NAME}:1a2b")
    assert image == f"{NAME}:1a2b"
    assert "Let the repository tunedrop/training allow ecr:DescribeImages" in warning


def test_a_plan_keeps_the_image_and_the_release_that_it_was_made_with() -> None:
    world = World()
    event = world.drop("iris/train.csv", IRIS)
    plan = world.plan(world.run(event))
    assert (plan.image, plan.release) == (f"{NAME}@{OLD}", __version__)
    world.ecr.digest = NEW
    assert world.plan(world.run(event)) == plan
    changed = world.drop("iris/tuning.yaml", "folds: 3")
    later = world.plan(world.run(changed, execution="execution-2"))
    assert later.image == f"{NAME}@{NEW}"


def test_people_are_warned_of_an_image_by_tag() -> None:
    world = World()
    world.ecr.fail_next("DescribeImages", client_error("AccessDeniedException"))
    plan = world.plan(world.run(world.drop("iris/train.csv", IRIS)))
    assert plan.image == world.environment.training_image
    assert plan.warnings[-1].startswith("The jobs name the training image by its tag")
