"""The binaries of node images: the suite's own components, and kubeadm and kube-proxy besides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.gobuild import GoBuilder, recipe
from clusters.components.pins import GoBuild, Project, load_pins
from clusters.components.resolver import ComponentResolver, entry_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clusters.progress import Progress
    from clusters.versions import KubeVersion

KUBERNETES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl")
NODE = ("containerd", "containerd-shim-runc-v2", "ctr", "runc", "bridge", "host-local", "loopback")
KUBEADM = ("kubeadm", "kube-proxy")
#: What both tools' own images have, for people and for `kind export logs`; the newest version serves all.
CRICTL = "crictl"
CRICTL_PROJECT = Project(
    name="crictl",
    version="1.37.0",
    components=(CRICTL,),
    module="sigs.k8s.io/cri-tools",
    module_sum="h1:BmTImEoTX3KPXCLwmIU9mfCC8umUqF4R8WibY9eVU9Y=",
    build=GoBuild(
        package="sigs.k8s.io/cri-tools/cmd/crictl",
        ldflags=("-X sigs.k8s.io/cri-tools/pkg/version.Version=v{version}",),
    ),
    release=None,
)
_TEMPLATE = Path(__file__).parent / "go" / "kubeadm"


def kubeadm_project(kube_version: KubeVersion) -> Project:
    """The project of kubeadm and kube-proxy: the pinned module of that version, with a main package of the lab's."""
    kubernetes = next(project for project in load_pins().projects(kube_version) if project.name == "kubernetes")
    # An absolute path, which stands for itself wherever templates are looked for.
    build = replace(kubernetes.build, template=str(_TEMPLATE), tags_from_minor={})
    return replace(kubernetes, name="kubeadm", components=KUBEADM, build=build, release=None)


class LabComponents:
    """Gets binaries from the cache, or makes them.

    Args:
        progress: Where slow steps are told.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._resolver = ComponentResolver(progress=progress)
        self.cache = self._resolver.cache

    def get(self, kube_version: KubeVersion, names: Iterable[str]) -> dict[str, Path]:
        """Paths of components by name, those of :data:`KUBEADM` and :data:`CRICTL` included.

        Raises:
            ComponentError: A component can't be had.
        """
        wanted = list(names)
        built = {CRICTL: CRICTL_PROJECT, **dict.fromkeys(KUBEADM, kubeadm_project(kube_version))}
        found = self._resolver.resolve(kube_version, [name for name in wanted if name not in built])
        paths = {name: component.path for name, component in found.items()}
        return paths | {name: self._built(built[name]) / name for name in wanted if name in built}

    def _built(self, project: Project) -> Path:
        def fill(content: Path) -> str:
            # Go uses every core by itself: two builds at once would only contend for memory.
            with self.cache.lock("go-build"):
                builder = GoBuilder(self.cache.directory / "logs", self._progress, self.cache)
                builder.build(project, content, content.parent / "build")
            return "build"

        return self.cache.get(entry_key(project), recipe(project), fill)[0].directory
