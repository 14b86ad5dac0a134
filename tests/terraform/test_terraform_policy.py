"""Rules over all that an environment would make, in both sizes; and the policy scan, whose exceptions are explained."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from gridpulse_platform.jars import REPOSITORY
from harness.cloud_policy import violations
from harness.terraform import COMMAND_SECONDS, TERRAFORM, resources_of

pytestmark = pytest.mark.terraform

_SKIPPED: Final = re.compile(r"#checkov:skip=(\w+)(?::(.*))?$", re.MULTILINE)


def test_nothing_of_an_environment_is_open_to_the_world(applied: dict[str, Any]) -> None:
    assert violations(resources_of(applied["prod"])) == []
    assert violations(resources_of(applied["dev"]), is_protected=False) == []


def test_what_an_environment_has(applied: dict[str, Any]) -> None:
    """Both sizes are the same things, but for what has a number or is optional."""
    tables = json.loads((REPOSITORY / "bigquery" / "tables.json").read_text(encoding="utf-8"))
    count = {size: Counter(each["type"] for each in resources_of(applied[size])) for size in ("dev", "prod")}
    for counted in count.values():
        assert counted["google_container_cluster"] == 1
        assert counted["google_container_node_pool"] == 3
        assert counted["google_storage_bucket"] == 5
        assert counted["google_bigquery_table"] == len(tables)
        assert counted["google_service_account"] == 6
        assert counted["google_compute_firewall"] == 2
    assert set(count["prod"]) - set(count["dev"]) == {
        "google_artifact_registry_repository_iam_member",
        "google_billing_budget",
        "google_dataproc_autoscaling_policy",
        "google_dataproc_cluster",
        "google_monitoring_alert_policy",
        "google_monitoring_notification_channel",
        "google_monitoring_uptime_check_config",
    } - set(count["dev"])


def test_who_may_do_what(applied: dict[str, Any]) -> None:
    """The whole list: a right that is added is seen here."""
    rights: set[str] = set()
    for each in resources_of(applied["dev"]):
        values = each["values"]
        role = str(values.get("role", ""))
        if role.startswith("roles/") and each["type"] != "google_service_account_iam_member":
            who = re.sub(r"^serviceAccount:gridpulse-|@.*$", "", values["member"])
            place = next(
                (values[key] for key in ("bucket", "dataset_id", "secret_id") if key in values), "the registry"
            )
            where = "the project" if each["type"] == "google_project_iam_member" else place
            rights.add(f"{who}: {role.removeprefix('roles/')} in {where}")
    bucket = "power-test-1-gridpulse-{}".format
    assert rights == {
        "nodes: container.defaultNodeServiceAccount in the project",
        "batch: bigquery.jobUser in the project",
        "batch: bigquery.dataEditor in power",
        "batch: bigquery.dataEditor in power_staging",
        *(f"batch: storage.{role} in {bucket(name)}" for name in ("lake", "results", "stage") for role in _WRITES),
        *(f"streaming: storage.{role} in {bucket('checkpoints')}" for role in _WRITES),
        "notebooks: bigquery.jobUser in the project",
        "notebooks: bigquery.dataViewer in power",
        *(f"notebooks: storage.{role} in {bucket(name)}" for name in ("lake", "results") for role in _READS),
        *(f"notebooks: storage.{role} in {bucket('dataproc')}" for role in _WRITES),
        "ingester: secretmanager.secretAccessor in gridpulse-electricity-maps",
        "query-api: secretmanager.secretAccessor in gridpulse-query-api-keys",
        "nodes: artifactregistry.reader in the registry",
    }


_READS: Final = ("objectViewer", "legacyBucketReader")
_WRITES: Final = ("objectUser", "legacyBucketReader")
# What Google changes in place, as the provider's documentation says; much else would make a pool or a cluster anew.
_IN_PLACE: Final = {
    "google_container_cluster": {"maintenance_policy", "release_channel", "resource_labels"},
    "google_container_node_pool": {"autoscaling", "node_config"},
    "google_storage_bucket": {"labels", "lifecycle_rule"},
}
_NODES_IN_PLACE: Final = {"machine_type", "disk_size_gb", "disk_type", "labels", "resource_labels", "taint"}


def test_a_larger_environment_is_the_same_one(applied: dict[str, Any]) -> None:
    """Larger machines, another channel, labels, a cheaper lake: nothing is destroyed, nothing is made anew."""
    seen: Counter[str] = Counter()
    for each in applied["growing"]["resource_changes"]:
        actions, before, after = (each["change"][key] for key in ("actions", "before", "after"))
        assert "delete" not in actions, each["address"]
        if actions != ["update"]:
            continue
        changed = {key for key in after if before.get(key) != after[key]} - {"effective_labels", "terraform_labels"}
        allowed = _IN_PLACE.get(each["type"], {"labels"})
        assert changed <= allowed, each["address"]
        if "node_config" in changed:
            old, new = before["node_config"][0], after["node_config"][0]
            assert {key for key in new if old.get(key) != new[key]} <= _NODES_IN_PLACE, each["address"]
        seen[each["type"]] += 1
    assert seen["google_container_node_pool"] == 3
    assert seen["google_container_cluster"] == 1


def test_the_policy_scan(checkov: Path) -> None:
    done = subprocess.run(
        [checkov, "--directory", TERRAFORM, "--framework", "terraform", "--compact", "--quiet", "--skip-download"],
        check=False,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    assert done.returncode == 0, done.stdout
    assert "Failed checks: 0" in done.stdout
    passed = re.search(r"Passed checks: (\d+)", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 50


def test_every_exception_is_explained() -> None:
    found = [
        (file.name, check, reason)
        for file in TERRAFORM.rglob("*.tf")
        for check, reason in _SKIPPED.findall(file.read_text(encoding="utf-8"))
    ]
    assert len(found) >= 4
    assert [each for each in found if len(each[2].split()) < 6] == []
