"""What must not be in Google Cloud, whoever writes the Terraform: rules over the resources of a state."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from harness.terraform import Json

__all__ = ["violations"]

_PRIMITIVE: Final = {"roles/owner", "roles/editor", "roles/viewer"}
_EVERYONE: Final = {"allUsers", "allAuthenticatedUsers"}
_ANYWHERE: Final = re.compile(r'"(0\.0\.0\.0/0|::/0)"')
_PUBLIC_ADDRESSES: Final = ("access_config", "ipv6_access_config", "external_ipv6_prefix")
_PROTECTED: Final = {"google_container_cluster", "google_bigquery_table", "google_secret_manager_secret"}


def _no_primitive_role(resource: Json) -> Iterator[str]:
    role = str(resource["values"].get("role"))
    if role in _PRIMITIVE:
        yield f"has the primitive role {role}"
    if resource["type"] == "google_project_iam_member" and "admin" in role.lower():
        yield f"has {role} in the whole project"


def _not_for_everyone(resource: Json) -> Iterator[str]:
    if resource["values"].get("member") in _EVERYONE:
        yield "is for everyone"


def _not_from_anywhere(resource: Json) -> Iterator[str]:
    if _ANYWHERE.search(json.dumps(resource["values"])):
        yield "is open to every address"


def _no_public_address(resource: Json) -> Iterator[str]:
    values = resource["values"]
    if any(values.get(name) for name in _PUBLIC_ADDRESSES) or resource["type"] in (
        "google_compute_address",
        "google_compute_global_address",
        "google_compute_instance",
    ):
        yield "has a public address, or is a machine by hand"
    match resource["type"]:
        case "google_container_cluster":
            private: list[Json] = values["private_cluster_config"]
            if not private or not all(
                each["enable_private_nodes"] and each["enable_private_endpoint"] for each in private
            ):
                yield "has public nodes or a public control plane"
        case "google_container_node_pool":
            networks: list[Json] = values["network_config"]
            if not networks or not all(each["enable_private_nodes"] for each in networks):
                yield "has public nodes"
        case "google_dataproc_cluster":
            if not values["cluster_config"][0]["gce_cluster_config"][0].get("internal_ip_only"):
                yield "has public machines"
        case _:
            pass


def _closed_bucket(resource: Json) -> Iterator[str]:
    values = resource["values"]
    if resource["type"] == "google_storage_bucket" and not (
        values.get("uniform_bucket_level_access") and values.get("public_access_prevention") == "enforced"
    ):
        yield "can be opened to the public"
    if values.get("force_destroy"):
        yield "is destroyed with what it holds"


def _no_key(resource: Json) -> Iterator[str]:
    if resource["type"] in ("google_service_account_key", "google_secret_manager_secret_version"):
        yield "puts a secret into the state"


def _protected(resource: Json) -> Iterator[str]:
    if resource["type"] in _PROTECTED and not resource["values"].get("deletion_protection"):
        yield "can be destroyed by a slip"


_RULES: Final[tuple[Callable[[Json], Iterator[str]], ...]] = (
    _no_primitive_role,
    _not_for_everyone,
    _not_from_anywhere,
    _no_public_address,
    _closed_bucket,
    _no_key,
)


def violations(resources: Iterable[dict[str, Any]], *, is_protected: bool = True) -> list[str]:
    """A line for each; `is_protected`: what holds data must refuse to be destroyed, too."""
    rules = (*_RULES, _protected) if is_protected else _RULES
    return [
        f"{resource['address']} {problem}" for resource in resources for rule in rules for problem in rule(resource)
    ]
