"""The pods that tasks run in: a pinned image, a command, resources, and no right that the command does not need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.operators.spark_kubernetes import SparkKubernetesOperator
from kubernetes.client import models as k8s

from gridpulse_dags.settings import SETTINGS, PodSecrets

__all__ = ["DEFAULT_ARGS", "JARS_DIR", "JOBS_DIR", "USER_ID", "ingester_task", "spark_task"]

JOBS_DIR: Final = "/opt/gridpulse/spark/jobs"
"""Of the Spark image; so is the next one."""
JARS_DIR: Final = "/opt/gridpulse/jars"
USER_ID: Final = 10001
_SPARK_VERSION: Final = "3.5.7"
_TMP: Final = "tmp"
_FILES_BELOW: Final = "/etc/gridpulse"

DEFAULT_ARGS: Final[dict[str, Any]] = {
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
}
"""Of every DAG: whatever a task does may be done again, so a failure is tried again after 1, 2 and 4 minutes."""


@dataclass(frozen=True)
class _Size:
    """What a container asks for, and what it may take at most."""

    cpu: str
    cpu_limit: str
    memory: str
    memory_limit: str

    def resources(self) -> k8s.V1ResourceRequirements:
        return k8s.V1ResourceRequirements(
            requests={"cpu": self.cpu, "memory": self.memory, "ephemeral-storage": "256Mi"},
            limits={"cpu": self.cpu_limit, "memory": self.memory_limit, "ephemeral-storage": "8Gi"},
        )


_INGESTER_SIZE: Final = _Size("100m", "1", "256Mi", "512Mi")
_SPARK_SIZE: Final = _Size("1", "2", "2Gi", "3Gi")  # a JVM with a heap of 1 GB, and Python beside it


def ingester_task(
    task_id: str, arguments: Sequence[str], *, timeout: timedelta, **options: Any
) -> KubernetesPodOperator:
    """A command of the ingester. `arguments` may hold templates; `options` are those of any operator."""
    return _pod(
        task_id,
        image=SETTINGS.ingester_image,
        component="ingester",
        cmds=["python3", "-m", "gridpulse_ingester"],
        arguments=[*arguments],
        size=_INGESTER_SIZE,
        env={},
        timeout=timeout,
        options=options,
    )


def spark_task(
    task_id: str, job: str, arguments: Sequence[str], *, settings_prefix: str, timeout: timedelta, **options: Any
) -> KubernetesPodOperator:
    """A program of `spark/jobs`, named without `.py`, in one pod, or as a SparkApplication where that is asked for.

    `settings_prefix` is that of the job's settings, as GRIDPULSE_ARCHIVE; `arguments` may hold templates.
    """
    program = f"{JOBS_DIR}/{job}.py"
    if SETTINGS.spark_applications:
        return _application(task_id, program, arguments, timeout=timeout, options=options)
    return _pod(
        task_id,
        image=SETTINGS.spark_image,
        component="spark",
        cmds=["python3", program],
        arguments=[*arguments],
        size=_SPARK_SIZE,
        env={f"{settings_prefix}_JARS_DIR": JARS_DIR, "SPARK_LOCAL_DIRS": "/tmp"},  # noqa: S108 - the pod's own
        timeout=timeout,
        options=options,
    )


def _pod(
    task_id: str,
    *,
    image: str,
    component: str,
    cmds: list[str],
    arguments: list[str],
    size: _Size,
    env: Mapping[str, str],
    timeout: timedelta,
    options: Mapping[str, Any],
) -> KubernetesPodOperator:
    account = f"{SETTINGS.release}-{component}"
    return KubernetesPodOperator(
        task_id=task_id,
        name=f"{SETTINGS.release}-{task_id.replace('_', '-')}",
        namespace=SETTINGS.namespace,
        in_cluster=SETTINGS.in_cluster,
        image=image,
        cmds=cmds,
        arguments=arguments,
        env_vars=_variables(component, {"PYTHONUNBUFFERED": "1", **env}),
        env_from=_environment(account),
        labels=_labels(component, task_id),
        service_account_name=account,
        automount_service_account_token=False,
        security_context=k8s.V1PodSecurityContext(
            run_as_non_root=True,
            run_as_user=USER_ID,
            run_as_group=USER_ID,
            fs_group=USER_ID,
            seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
        ),
        container_security_context=_locked_down(),
        container_resources=size.resources(),
        volumes=_volumes(component),
        volume_mounts=_mounts(component),
        random_name_suffix=True,
        durable=True,  # formerly reattach_on_restart: a worker that was restarted finds its pod again
        on_finish_action="delete_succeeded_pod",
        startup_timeout_seconds=600,  # a node may have to be made first
        active_deadline_seconds=int(timeout.total_seconds()) + 900,  # of a pod that nobody watches any longer
        termination_grace_period=60,
        get_logs=True,
        log_events_on_failure=True,
        execution_timeout=timeout,
        **options,
    )


def _application(
    task_id: str, program: str, arguments: Sequence[str], *, timeout: timedelta, options: Mapping[str, Any]
) -> SparkKubernetesOperator:
    account, labels = f"{SETTINGS.release}-spark", _labels("spark", task_id)
    role = {
        "cores": 1,
        "memory": "2g",
        "labels": labels,
        "env": [_plain(variable) for variable in _variables("spark", {})],
        "envFrom": [_plain(source) for source in _environment(account)],
        "podSecurityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "securityContext": _plain(_locked_down()),
        "volumeMounts": [_plain(mount) for mount in _mounts("spark")],
    }
    spec = {
        "type": "Python",
        "pythonVersion": "3",
        "mode": "cluster",
        "sparkVersion": _SPARK_VERSION,
        "image": SETTINGS.spark_image,
        "imagePullPolicy": "IfNotPresent",
        "mainApplicationFile": f"local://{program}",
        "arguments": [*arguments],
        "restartPolicy": {"type": "Never"},  # Airflow tries again
        "timeToLiveSeconds": 3600,
        "sparkConf": {f"spark.{role}.extraClassPath": f"{JARS_DIR}/*" for role in ("driver", "executor")},
        "volumes": [_plain(volume) for volume in _volumes("spark")],
        "driver": {**role, "coreLimit": "2", "serviceAccount": account},
        "executor": {**role, "coreLimit": "2", "instances": 2},
    }
    return SparkKubernetesOperator(
        task_id=task_id,
        name=f"{SETTINGS.release}-{task_id.replace('_', '-')}",
        namespace=SETTINGS.namespace,
        in_cluster=SETTINGS.in_cluster,
        template_spec={
            "spark": {"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication", "spec": spec}
        },
        reattach_on_restart=True,
        on_finish_action="delete_succeeded_pod",
        startup_timeout_seconds=600,
        get_logs=True,
        log_events_on_failure=True,
        execution_timeout=timeout,
        **options,
    )


def _environment(account: str) -> list[k8s.V1EnvFromSource]:
    return [
        k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name=account, optional=False)),
        # An installation whose stores ask for no password, and whose lake opens by workload identity, has none.
        k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=account, optional=True)),
    ]


def _secrets(component: str) -> PodSecrets:
    return next((secrets for kind, secrets in SETTINGS.pod_secrets.items() if kind == component), PodSecrets())


def _variables(component: str, env: Mapping[str, str]) -> list[k8s.V1EnvVar]:
    plain = {"HOME": "/tmp", **env}  # noqa: S108 - the pod's own
    return [k8s.V1EnvVar(name=name, value=value) for name, value in plain.items()] + [
        k8s.V1EnvVar(
            name=name,
            value_from=k8s.V1EnvVarSource(
                secret_key_ref=k8s.V1SecretKeySelector(name=secret.name, key=secret.key, optional=False)
            ),
        )
        for name, secret in _secrets(component).variables.items()
    ]


def _volumes(component: str) -> list[k8s.V1Volume]:
    return [k8s.V1Volume(name=_TMP, empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="8Gi"))] + [
        k8s.V1Volume(
            name=folder,
            secret=k8s.V1SecretVolumeSource(
                secret_name=files.name,
                items=[k8s.V1KeyToPath(key=key, path=path) for key, path in files.items.items()],
            ),
        )
        for folder, files in _secrets(component).files.items()
    ]


def _mounts(component: str) -> list[k8s.V1VolumeMount]:
    return [k8s.V1VolumeMount(name=_TMP, mount_path="/tmp")] + [  # noqa: S108 - the pod's own
        k8s.V1VolumeMount(name=folder, mount_path=f"{_FILES_BELOW}/{folder}", read_only=True)
        for folder in _secrets(component).files
    ]


def _labels(component: str, task_id: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "gridpulse",
        "app.kubernetes.io/instance": SETTINGS.release,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/managed-by": "airflow",
        "gridpulse/task": task_id,
    }


def _locked_down() -> k8s.V1SecurityContext:
    return k8s.V1SecurityContext(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=k8s.V1Capabilities(drop=["ALL"]),
    )


def _plain(model: Any) -> dict[str, Any]:
    """A Kubernetes model as the API has it."""
    names: dict[str, str] = model.attribute_map
    values = {name: getattr(model, attribute) for attribute, name in names.items()}
    return {name: _plain_value(value) for name, value in values.items() if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain_value(member) for member in cast("list[Any]", value)]
    return _plain(value) if hasattr(value, "attribute_map") else value
