"""The training image of a run, by digest: all its jobs use one image, whatever is deployed since.

A tag may be moved to another image while jobs of the run are still to come.
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError

from tunedrop.aws_errors import code_of, translated
from tunedrop.environment import DeploymentError

_URI = re.compile(
    r"(?P<name>(?P<account>\d{12})\.dkr\.ecr\.[^/]+/(?P<repository>[^:@]+)):(?P<tag>[^@]+)"
)
_MISSING = ("ImageNotFoundException", "RepositoryNotFoundException")


def pin_image(ecr: Any, uri: str) -> tuple[str, str]:
    """Return an image by its digest, and a warning, "" when there is none.

    Another account may let SageMaker pull an image whose digest it does not let us see: then the
    image stays named by its tag.

    Raises
    ------
    DeploymentError
        When the repository has no such image.
    """
    match = _URI.fullmatch(uri)
    if match is None:  # it has a digest
        return uri, ""
    try:
        with translated():
            answer = ecr.describe_images(
                registryId=match["account"],
                repositoryName=match["repository"],
                imageIds=[{"imageTag": match["tag"]}],
            )
    except ClientError as error:
        if code_of(error) in _MISSING:
            raise DeploymentError(
                f"There is no training image {uri}. Deploy the stack again, or push the image "
                "that the setting training_image names."
            ) from error
        if code_of(error) != "AccessDeniedException":
            raise
        return uri, (
            f"The jobs name the training image by its tag, as ECR does not show its digest. Let "
            f"the repository {match['repository']} allow ecr:DescribeImages to this account."
        )
    return f"{match['name']}@{answer['imageDetails'][0]['imageDigest']}", ""
