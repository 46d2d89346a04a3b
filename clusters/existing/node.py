"""Nodes of a cluster that the suite did not make: read through a privileged pod on them, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from clusters.api import ApiError
from clusters.contract import ClusterError, NoNodeAccessError
from clusters.existing.streams import ExecPipe, run
from clusters.shell import ShellReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.api import KubeApi

#: The node's files, as its first process sees them; the pod shares the node's PID namespace.
HOST: Final = "/proc/1/root"
#: Runs a command among the node's files. What belongs to containerd, such as ctr and runc, often lies beside it and not
#: in the usual places (k3s, k0s). "$1" is the runtime's socket, if it is known.
_ON_HOST: Final = f"""
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
for process in /proc/[0-9]*; do
  {{ read -r name < $process/comm; }} 2>/dev/null || continue
  if [ "$name" = containerd ]; then exe=$(readlink $process/exe) && path=${{exe%/*}}:$path; break; fi
done
socket=$1; shift
if [ "$1" = ctr ]; then
  for found in $socket /run/containerd/containerd.sock /run/k3s/containerd/containerd.sock /run/k0s/containerd.sock \\
    /var/snap/microk8s/common/run/containerd.sock; do
    [ -S {HOST}$found ] && break
  done
  shift; set -- ctr --address $found "$@"
fi
export PATH=$path
exec chroot {HOST} "$@"
"""
#: How chroot ends where it can't run the program at all.
_NO_PROGRAM: Final = (126, 127)


class PodNode:
    """A node, through a pod on it that sees all of it.

    Args:
        api: The cluster's.
        name: The node's.
        pod_path: The pod's path in the API.
        socket: Of the node's runtime; empty where it is not known.
    """

    #: An answer is a round trip through the API server and the kubelet.
    sampling_s = 0.02

    def __init__(self, api: KubeApi, name: str, pod_path: str, *, socket: str = "") -> None:
        self.name = name
        self._api = api
        self._pod_path = pod_path
        self._socket = socket
        self._lacking: set[str] = set()
        self._reader = ShellReader(name, self._open, root=HOST)

    def read_text(self, path: str) -> str:
        """The content of a file on the node.

        Raises:
            FileNotFoundError: There is no such file.
            ClusterError: The pod can't be reached.
        """
        return self._reader.read_text(path)

    def read_texts(self, paths: Sequence[str]) -> list[str | None]:
        """The contents of several files, None for each that is not there.

        Raises:
            ClusterError: The pod can't be reached.
        """
        return self._reader.read_texts(paths)

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """What a command printed that ran on the node; a shell or the like that the node lacks is the pod's own.

        Raises:
            ClusterError: The command failed, or did not end in time.
            NoNodeAccessError: The node has no such program.
        """
        told = f"on node {self.name} `{' '.join(arguments)}`"
        try:
            if arguments[0] not in self._lacking:
                ended = run(
                    self._api,
                    self._pod_path,
                    ["/bin/sh", "-c", _ON_HOST, "sh", self._socket, *arguments],
                    timeout_s=timeout_s,
                )
                if ended.code not in _NO_PROGRAM or not ended.errors.startswith("chroot:"):
                    return ended.checked(told)
                self._lacking.add(arguments[0])
            if arguments[0] != "sh":
                raise NoNodeAccessError(f"no node access: node {self.name} has no program {arguments[0]}")
            # It sees the node's processes, though not its files.
            ended = run(self._api, self._pod_path, list(arguments), timeout_s=timeout_s)
        except (ApiError, OSError) as error:
            raise ClusterError(f"{told} could not be run: {error}") from error
        return ended.checked(told)

    def close(self) -> None:
        """End the shell that reads files."""
        self._reader.close()

    def _open(self) -> ExecPipe:
        try:
            return ExecPipe(self._api.exec(self._pod_path, ["/bin/sh"], stdin=True))
        except ApiError as error:
            raise ClusterError(f"no file can be read on node {self.name}: {error}") from error


class HiddenNode:
    """A node of which only the name is known."""

    sampling_s = 1.0

    def __init__(self, name: str) -> None:
        self.name = name

    def read_text(self, path: str) -> str:
        """Nothing.

        Raises:
            NoNodeAccessError: Always.
        """
        self._refuse(path)

    def read_texts(self, paths: Sequence[str]) -> list[str | None]:
        """Nothing.

        Raises:
            NoNodeAccessError: Always.
        """
        self._refuse(", ".join(paths))

    def run(self, arguments: Sequence[str], *, timeout_s: float = 30.0) -> str:
        """Nothing.

        Raises:
            NoNodeAccessError: Always.
        """
        self._refuse(f"what `{' '.join(arguments)}` prints within {timeout_s:.0f} s")

    def _refuse(self, what: str) -> NoReturn:
        raise NoNodeAccessError(f"no node access: {what} of node {self.name} can't be read")
