"""Nodes that run in User-Mode Linux: what a cluster's namespaces have to have and to run for them."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clusters.components.kernel import OLDEST_SERIES, Kernel, kernel
from clusters.components.packages import find_program
from clusters.contract import ClusterError
from clusters.local import processes
from clusters.local.configuration import NodeTraits
from clusters.local.kinds import Design, NodePlan
from clusters.local.mounts import NODE_ROOT, SHARED_MEMORY
from clusters.local.network import machine_interface
from clusters.local.topology import NodePlace, Topology, beside_machines
from clusters.uml import disk, requirements
from clusters.uml.agent import MachineNode
from clusters.uml.program import NODE_INIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clusters.components.resolver import Component, ComponentResolver
    from clusters.contract import ClusterRequest
    from clusters.local.processes import Process
    from clusters.local.state import ClusterFolder
    from clusters.progress import Progress

AGENT_PORT = 10240
#: Enough for the kubelet, containerd and the cases' pods; what nobody writes to takes nothing of the host's.
MEMORY_MIB = 3072
#: The kubelet is read from the host's file system, everything else that nodes run is in their root's /bin.
_FROM_HOST = ("kubelet",)


class InMachine:
    """Nodes with a kernel of their own, which is an ordinary program here: any cgroup version, and no need of root."""

    name = "uml"
    components = (
        "kubelet", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "bridge", "host-local", "loopback",
    )  # fmt: skip

    def __init__(self, resolver: ComponentResolver, progress: Progress) -> None:
        self._resolver = resolver
        self._progress = progress

    def check(self) -> None:
        """Raise :class:`ClusterError` with every reason why no such node can run here, if there is one."""
        found = requirements.problems()
        if found:
            raise ClusterError("no user-mode node can run here:\n" + "\n".join(f"  - {text}" for text in found))

    def design(self, request: ClusterRequest) -> Design:
        """As many nodes as asked for; root has every right there.

        Raises:
            ClusterError: There is no kernel to be had, or it lacks what is asked for.
        """
        own = self._kernel.modules is None
        if not own and (request.cgroup_version == "v1" or (request.cpus or 1) > 1):
            raise ClusterError(
                "the distribution's user-mode kernel has one CPU and no cpuset controller, so no cgroup v1 either: "
                "install a C compiler (on Debian: apt-get install gcc make libc6-dev), and the suite builds one"
            )
        traits = NodeTraits(
            cgroup_version=request.cgroup_version or "v2",
            may_lower_oom_score=True,
            snapshotter="overlayfs",
            cgroup_root="/",
            bin_directory="/bin",
            has_cpuset=own,
            kubelet_in_root=True,
        )
        cpus = request.cpus or 1
        facts = {
            "CPUs": str(cpus),
            "snapshotter": traits.snapshotter,
            "kernel": "User-Mode Linux: timers tick every 10 ms, and a page fault costs as much as a system call",
        }
        return Design(traits, beside_machines(request.name, request.nodes), cpus, facts)

    def plan(self, folder: Path, design: Design, components: Mapping[str, Component]) -> NodePlan:
        """Each node's disk and orders, and its kernel's command line."""
        cache, progress, topology = self._resolver.cache, self._progress, design.topology
        found = self._kernel
        programs = {name: component.path for name, component in components.items() if name not in _FROM_HOST}
        programs["node-init"] = NODE_INIT.path(cache, progress)
        root = disk.root_image(cache, programs, find_program("busybox", "busybox-static", cache, progress))
        for node in topology.nodes:
            disk.state_disk(folder / _disk(node))
            _write_orders(folder, node, topology, design.traits.cgroup_version)
        return NodePlan(
            processes=[_machine(node, found, design.cpus) for node in topology.nodes],
            files={
                "uml/linux": found.path,
                "uml/root": root,
                **{f"bin/{name}": components[name].path for name in _FROM_HOST},
                **({"uml/modules": found.modules} if found.modules else {}),
            },
            setup={
                "host_cgroups": False,
                "agents": {_wire(node): {"host": node.address, "port": AGENT_PORT} for node in topology.nodes},
            },
            versions={"linux (user-mode)": found.version},
        )

    @cached_property
    def _kernel(self) -> Kernel:
        """The nodes' kernel: looked for once, as what it lacks is told each time."""
        return kernel(self._resolver.cache, self._progress, self._resolver.components_dir)

    def node(self, folder: ClusterFolder, place: NodePlace) -> MachineNode:
        """The node, by its agent."""
        orders = json.loads((folder.path / _orders(place)).read_text(encoding="utf-8"))
        return MachineNode(place, folder.path / _wire(place), orders["agent_token"])

    def supervisor(self, folder: ClusterFolder, place: NodePlace) -> MachineNode:
        """The node's own first process."""
        return self.node(folder, place)


def _machine(node: NodePlace, found: Kernel, cpus: int) -> Process:
    """The kernel's command line; what it does not know goes to the first process's environment."""
    disk_file, orders = NODE_ROOT / _disk(node), NODE_ROOT / _orders(node)
    return processes.Process(
        name=node.numbered("machine"),
        argv=[
            f"{NODE_ROOT}/uml/linux",
            f"mem={MEMORY_MIB}M",
            # A second one costs more than it gives: a process starts in 45 ms instead of 12 (measured on two cores), as
            # each switch between user code and kernel then goes from one thread of the host to another.
            f"ncpus={cpus}",
            # System calls by a seccomp filter and not by ptrace: five times as fast. Older kernels take it for init's.
            *(["seccomp=on"] if (found.series or (0, 0)) >= OLDEST_SERIES else []),
            f"ubd0r={NODE_ROOT}/uml/root",
            f"ubd1={disk_file}",
            "root=/dev/ubda",
            "ro",
            f"hostfs={NODE_ROOT}",
            f"vec0:transport=raw,ifname={machine_interface(node.index)}",
            "con=null",
            "con0=null,fd:1",
            "uml_dir=/run",
            # A panic ends the kernel and so the process, which is noted and told.
            "panic=-1",
            "init=/bin/node-init",
            f"NODE_SPEC={orders}",
        ],
        # Its memory is a file there, see clusters/local/mounts.py.
        env={"TMPDIR": SHARED_MEMORY},
    )


def _write_orders(folder: Path, node: NodePlace, topology: Topology, cgroup: str) -> None:
    """Tell a node's first process what it is to be and to run."""
    orders: dict[str, Any] = {
        "hostname": node.name,
        "cgroup": cgroup,
        "address": f"{node.address}/24",
        "gateway": node.gateway,
        "agent_port": AGENT_PORT,
        "agent_token": secrets.token_hex(16),
        "status_file": str(NODE_ROOT / f"status-{node.index}.jsonl"),
        "processes": [asdict(processes.containerd(node)), asdict(processes.kubelet(node, topology))],
    }
    orders["processes"][0]["argv"][0] = "/bin/containerd"
    file = folder / _orders(node)
    file.touch(mode=0o600)
    file.write_text(json.dumps(orders), encoding="utf-8")


def _disk(node: NodePlace) -> str:
    return f"disk-{node.index}"


def _orders(node: NodePlace) -> str:
    return f"orders-{node.index}.json"


def _wire(node: NodePlace) -> str:
    return f"agent-{node.index}"
