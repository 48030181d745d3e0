"""Links into the AWS console: the tuning jobs, a job's log, the execution, the run's folder.

Other partitions have consoles of their own. Names only enter a link quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_DOMAINS = {"cn": "amazonaws.cn", "us-gov": "amazonaws-us-gov.com"}


@dataclass(frozen=True)
class Console:
    """The console of one region."""

    region: str

    def tuning_job(self, name: str) -> str:
        """Return the page of a tuning job."""
        return self._page("sagemaker", f"#/hyper-tuning-jobs/{_quoted(name)}")

    def training_job(self, name: str) -> str:
        """Return the page of a training job."""
        return self._page("sagemaker", f"#/jobs/{_quoted(name)}")

    def log(self, name: str) -> str:
        """Return the log streams of a training job; their names start with the job's."""
        group, stream = _twice(LOG_GROUP), _twice(f"{name}/")
        place = f"#logsV2:log-groups/log-group/{group}$3FlogStreamNameFilter$3D{stream}"
        return self._page("cloudwatch", place)

    def execution(self, arn: str) -> str:
        """Return the page of an execution of the state machine."""
        return self._page("states", f"#/v2/executions/details/{quote(arn, safe=':/-._')}")

    def folder(self, uri: str) -> str:
        """Return the page of a folder in S3."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        where = f"region={self.region}&prefix={quote(prefix, safe='/')}&showversions=false"
        return f"https://{self._host}/s3/buckets/{_quoted(bucket)}?{where}"

    @property
    def _host(self) -> str:
        for start, domain in _DOMAINS.items():
            if self.region.startswith(f"{start}-"):
                return f"{self.region}.console.{domain}"
        return f"{self.region}.console.aws.amazon.com"

    def _page(self, service: str, fragment: str) -> str:
        return f"https://{self._host}/{service}/home?region={self.region}{fragment}"


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _twice(text: str) -> str:
    """Quote as CloudWatch's page wants it: quoted twice, with $ in the place of %."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
