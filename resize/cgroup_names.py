"""How the kubelet and containerd name a container's cgroup, as the runtime's own record of it has it.

Sources, read at v1.30.14 and v1.37.2: ``pkg/kubelet/cm/pod_container_manager_linux.go`` (``pod`` and the UID, below its
QoS class; Guaranteed pods are at the top), ``pkg/kubelet/cm/cgroup_manager_linux.go`` (``ToSystemd``), and containerd's
``getCgroupsPath`` for the container's part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resize.cgroup_paths import CgroupDriver


def cgroups_path(qos_class: str, pod_uid: str, container_id: str, driver: CgroupDriver) -> str:
    """The end of a container's ``cgroupsPath``; before it may stand the kubelet's ``cgroupRoot``.

    Args:
        qos_class: Of the pod: Guaranteed, Burstable or BestEffort.
        pod_uid: With dashes, as in the API.
        container_id: Without ``containerd://``.
        driver: cgroupfs gives ``/kubepods/podUID/ID`` as in the seeds, systemd ``kubepods-podUID.slice:PREFIX:ID``.
    """
    classes = [] if qos_class == "Guaranteed" else [qos_class.lower()]
    if driver == "cgroupfs":
        return "/" + "/".join(["kubepods", *classes, f"pod{pod_uid}", container_id])
    # A dash in a slice's name stands for a level.
    unit = "-".join(["kubepods", *classes, f"pod{pod_uid.replace('-', '_')}"])
    return f"{unit}.slice:cri-containerd:{container_id}"
