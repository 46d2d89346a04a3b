"""The components' command lines, from etcd to metrics-server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clusters.local.mounts import NODE_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clusters.local.topology import NodePlace, Topology

API_PORT = 6443
SCHEDULER_PORT = 10259
CONTROLLER_MANAGER_PORT = 10257
METRICS_SERVER_PORT = 4443
SERVICE_NETWORK = "10.96.0.0/16"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"

#: Made by the provider once the API is ready and its default roles are there: a component that asks for something
#: earlier is refused, and ends.
API_READY_FILE = "api-ready"

_API_READY = f"file:{NODE_ROOT}/{API_READY_FILE}"
BIN = NODE_ROOT / "bin"
PKI = NODE_ROOT / "pki"
ETC = NODE_ROOT / "etc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One component: its command line, and the addresses that must be open before it is started."""

    name: str
    argv: list[str]
    after: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)


def gates_flag(gates: Mapping[str, bool]) -> list[str]:
    """The flag that sets feature gates, or nothing where there are none to set."""
    if not gates:
        return []
    return ["--feature-gates=" + ",".join(f"{name}={str(on).lower()}" for name, on in sorted(gates.items()))]


def control_plane(
    topology: Topology, gates_of: Callable[[str], Mapping[str, bool]], *, more_apis: Sequence[str] = ()
) -> list[Process]:
    """The etcd, kube-apiserver, kube-controller-manager and kube-scheduler of a cluster.

    Args:
        topology: Its addresses.
        gates_of: The feature gates of each, by its name.
        more_apis: Versions of APIs that the API server serves besides.
    """
    etcd_url = "http://127.0.0.1:2379"
    return [
        Process(
            name="etcd",
            argv=[
                f"{BIN}/etcd",
                f"--data-dir={NODE_ROOT}/etcd",
                f"--listen-client-urls={etcd_url}",
                f"--advertise-client-urls={etcd_url}",
                "--listen-peer-urls=http://127.0.0.1:2380",
                # The cluster is thrown away: what a power cut would lose is nothing that anybody wants.
                "--unsafe-no-fsync",
                # The only member elects itself after one election timeout, which is a second unless told otherwise.
                "--heartbeat-interval=20",
                "--election-timeout=100",
            ],
        ),
        Process(
            name="kube-apiserver",
            after=["tcp:127.0.0.1:2379"],
            argv=[
                f"{BIN}/kube-apiserver",
                f"--etcd-servers={etcd_url}",
                f"--bind-address={topology.api_address}",
                f"--secure-port={API_PORT}",
                f"--advertise-address={topology.advertised}",
                f"--tls-cert-file={PKI}/apiserver.crt",
                f"--tls-private-key-file={PKI}/apiserver.key",
                f"--client-ca-file={PKI}/ca.crt",
                "--anonymous-auth=false",
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                "--allow-privileged=true",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={PKI}/service-account.pub",
                f"--service-account-signing-key-file={PKI}/service-account.key",
                f"--service-cluster-ip-range={SERVICE_NETWORK}",
                f"--kubelet-certificate-authority={PKI}/ca.crt",
                f"--kubelet-client-certificate={PKI}/apiserver-kubelet-client.crt",
                f"--kubelet-client-key={PKI}/apiserver-kubelet-client.key",
                "--kubelet-preferred-address-types=InternalIP",
                f"--requestheader-client-ca-file={PKI}/front-proxy-ca.crt",
                "--requestheader-allowed-names=front-proxy-client",
                "--requestheader-username-headers=X-Remote-User",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                f"--proxy-client-cert-file={PKI}/front-proxy-client.crt",
                f"--proxy-client-key-file={PKI}/front-proxy-client.key",
                *([f"--runtime-config={','.join(f'{api}=true' for api in more_apis)}"] if more_apis else []),
                *gates_flag(gates_of("kube-apiserver")),
            ],
        ),
        Process(
            name="kube-controller-manager",
            after=[_API_READY],
            argv=[
                f"{BIN}/kube-controller-manager",
                f"--kubeconfig={ETC}/controller-manager.kubeconfig",
                f"--authentication-kubeconfig={ETC}/controller-manager.kubeconfig",
                f"--authorization-kubeconfig={ETC}/controller-manager.kubeconfig",
                "--bind-address=127.0.0.1",
                f"--secure-port={CONTROLLER_MANAGER_PORT}",
                f"--tls-cert-file={PKI}/loopback.crt",
                f"--tls-private-key-file={PKI}/loopback.key",
                f"--root-ca-file={PKI}/ca.crt",
                f"--service-account-private-key-file={PKI}/service-account.key",
                "--use-service-account-credentials=true",
                # Every controller asks for an account and a token when it starts: at the default of 20 requests a
                # second that takes five seconds.
                "--kube-api-qps=300",
                "--kube-api-burst=600",
                "--leader-elect=false",
                *gates_flag(gates_of("kube-controller-manager")),
            ],
        ),
        Process(
            name="kube-scheduler",
            after=[_API_READY],
            argv=[
                f"{BIN}/kube-scheduler",
                f"--kubeconfig={ETC}/scheduler.kubeconfig",
                f"--authentication-kubeconfig={ETC}/scheduler.kubeconfig",
                f"--authorization-kubeconfig={ETC}/scheduler.kubeconfig",
                "--bind-address=127.0.0.1",
                f"--secure-port={SCHEDULER_PORT}",
                f"--tls-cert-file={PKI}/loopback.crt",
                f"--tls-private-key-file={PKI}/loopback.key",
                "--leader-elect=false",
                *gates_flag(gates_of("kube-scheduler")),
            ],
        ),
    ]


def containerd(node: NodePlace) -> Process:
    """A node's container runtime."""
    configuration = ETC / node.directory / "containerd.toml"
    return Process(name=node.numbered("containerd"), argv=[f"{BIN}/containerd", f"--config={configuration}"])


def kubelet(node: NodePlace, topology: Topology) -> Process:
    """A node's agent."""
    return Process(
        name=node.numbered("kubelet"),
        after=[f"tcp:{topology.api_address}:{API_PORT}", f"unix:{CONTAINERD_SOCKET}"],
        argv=[
            f"{BIN}/kubelet",
            f"--config={ETC}/{node.directory}/kubelet.yaml",
            f"--kubeconfig={ETC}/{node.directory}/kubelet.kubeconfig",
            f"--hostname-override={node.name}",
            f"--node-ip={node.address}",
        ],
    )


def metrics_server() -> Process:
    """The source of ``kubectl top``."""
    return Process(
        name="metrics-server",
        after=[_API_READY],
        argv=[
            f"{BIN}/metrics-server",
            f"--kubeconfig={ETC}/metrics-server.kubeconfig",
            f"--authentication-kubeconfig={ETC}/metrics-server.kubeconfig",
            f"--authorization-kubeconfig={ETC}/metrics-server.kubeconfig",
            "--bind-address=127.0.0.1",
            f"--secure-port={METRICS_SERVER_PORT}",
            f"--tls-cert-file={PKI}/metrics-server.crt",
            f"--tls-private-key-file={PKI}/metrics-server.key",
            f"--kubelet-certificate-authority={PKI}/ca.crt",
            "--kubelet-preferred-address-types=InternalIP",
            # The shortest resolution that metrics-server takes, which must exceed the time of a request.
            "--metric-resolution=10s",
            "--kubelet-request-timeout=5s",
        ],
    )
