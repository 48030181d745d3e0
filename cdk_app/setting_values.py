"""What the values of settings look like, with errors that say what was expected."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

# Of the same region as the deployment: SageMaker and Lambda pull images from no other. By digest:
# Lambda keeps the image that it was deployed with, and a tag may be moved before the jobs start.
TRAINING_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[a-z0-9][a-z0-9._/-]*)@sha256:[0-9a-f]{64}"
)


def _pattern(expression: str, what: str) -> AfterValidator:
    """Make a validator whose error says what was expected."""

    def check(value: str) -> str:
        if not re.fullmatch(expression, value):
            raise ValueError(f"expected {what}")
        return value

    return AfterValidator(check)


StackName = Annotated[
    str,
    _pattern(
        r"[A-Za-z][A-Za-z0-9-]{0,39}", "1 to 40 letters, digits and hyphens, a letter in front"
    ),
]
BucketName = Annotated[
    str,
    _pattern(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 lower-case letters, digits and hyphens"),
]
ImageUri = Annotated[
    str,
    _pattern(
        TRAINING_IMAGE.pattern,
        "an ECR image by its digest, as a tag can be moved: "
        "<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<digest>",
    ),
]
BaseImage = Annotated[
    str,
    _pattern(
        r"[a-z0-9][a-z0-9._-]*(:\d+)?(/[a-z0-9._-]+)+(:[\w.-]{1,128})?(@sha256:[0-9a-f]{64})?",
        "an image with its registry: <registry>/<repository>@sha256:<digest>",
    ),
]
KeyArn = Annotated[
    str, _pattern(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", "the ARN of a KMS key")
]
SubnetId = Annotated[str, _pattern(r"subnet-[0-9a-f]{8,17}", "a subnet id: subnet-...")]
SecurityGroupId = Annotated[str, _pattern(r"sg-[0-9a-f]{8,17}", "a security group id: sg-...")]
InstanceType = Annotated[
    str, _pattern(r"ml\.[a-z0-9-]+\.[a-z0-9]+", "a SageMaker instance type: ml.m5.large")
]
# A g behind the number of the generation is a Graviton processor; m5, g5 and gr6 have none.
_GRAVITON = re.compile(r"ml\.[a-z]+\d+g[a-z]*\.")


def amd64(instance_type: str) -> str:
    """Check that an instance type can run the training image."""
    if _GRAVITON.match(instance_type):
        raise ValueError(
            "expected a type with an x86-64 processor, like ml.m5.large: the training image is "
            "for amd64, and this one is arm64"
        )
    return instance_type


Dataset = Annotated[str, _pattern(r"[^/\s][^/]*", "a dataset's name: no slash in it")]
FileName = Annotated[str, _pattern(r"[^/\s][^/]*", "a file's name: no slash in it")]
Email = Annotated[str, _pattern(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]
ScheduleExpression = Annotated[
    str,
    _pattern(
        r"(cron|rate)\([^()]+\)", "cron(...) or rate(...): cron(0 3 * * ? *) is each night at three"
    ),
]
TagKey = Annotated[
    str,
    _pattern(r"(?!aws:|tunedrop:)[\w .:/=+@-]{1,128}", "a tag that is not aws:'s or tunedrop:'s"),
]
TagValue = Annotated[str, StringConstraints(max_length=256)]
