"""What the DAGs need to know of the installation, from the environment of Airflow's own processes.

Read when a DAG file is parsed: no Airflow Variable, no connection, no database. The chart sets these variables.
"""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["SETTINGS", "DagSettings", "PodSecrets"]


def _pinned(image: str) -> str:
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if re.fullmatch(r"sha256:[0-9a-f]{64}", digest) or (not digest and tag not in ("", "latest")):
        return image
    raise ValueError("an image needs a digest, or a tag other than latest")


_Image = Annotated[str, AfterValidator(_pinned)]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]


class SecretKey(BaseModel):
    """One value of a Secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    key: str


class SecretFiles(BaseModel):
    """Some values of a Secret as files: key in the Secret to file name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    items: dict[str, str]


class PodSecrets(BaseModel):
    """What a pod gets of Secrets that others make, as Kafka's and Cassandra's operators do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    variables: dict[str, SecretKey] = {}
    files: dict[_Name, SecretFiles] = {}
    """By folder below /etc/gridpulse."""


class DagSettings(BaseSettings):
    """Where pods run and of what they are made."""

    model_config = SettingsConfigDict(
        env_prefix="GRIDPULSE_AIRFLOW_", env_ignore_empty=True, extra="forbid", frozen=True
    )

    ingester_image: _Image
    """With a digest, or with a tag that is not `latest`."""
    spark_image: _Image
    """The same of the Spark jobs."""
    start_date: AwareDatetime
    """First hour to archive, an ISO 8601 instant with its offset: when the installation began."""
    query_api_url: str
    """Where the query API answers, which checks ask for the data."""
    namespace: _Name = "gridpulse"
    release: _Name = "gridpulse"
    """Pods use the ConfigMap, the Secret (if there is one) and the ServiceAccount `<release>-ingester` or `-spark`."""
    pod_secrets: dict[Literal["ingester", "spark"], PodSecrets] = {}
    """More of Secrets for the pods of either kind, as JSON."""
    in_cluster: bool = True
    """Whether Airflow runs in the cluster that its pods run in; else the connection `kubernetes_default` says where."""
    spark_applications: bool = False
    """Run each Spark job as a SparkApplication with executors, in place of one pod."""


SETTINGS: Final = DagSettings()  # pyright: ignore[reportCallIssue] - the environment gives what has no default
