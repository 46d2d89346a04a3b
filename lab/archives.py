"""Archives of the images that a kind node comes with, under the names that kubeadm expects."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.directory import printed_version
from clusters.components.errors import ComponentError
from clusters.components.images import libraries
from clusters.components.oci import ImageContent, archive_bytes
from clusters.components.packages import find_program
from clusters.components.pins import architecture
from lab.components import KUBERNETES
from lab.layers import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress

#: Beside the archives: on each line an image of theirs and one more name of it.
NAMES = "names"
METRICS_SERVER = "registry.k8s.io/metrics-server/metrics-server:v{version}"
#: What kube-proxy calls, all of it one program.
_IPTABLES = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore")
_IPTABLES_PROGRAM = "xtables-nft-multi"


def archives(version: str, binaries: Mapping[str, Path], cache: ComponentCache, progress: Progress) -> Path:
    """A folder with the archives of one Kubernetes version, and the file :data:`NAMES`.

    Args:
        version: The version of Kubernetes, without the leading v.
        binaries: Paths of components by name.
        cache: Keeps the folder.
        progress: Where the work is told.

    Raises:
        ComponentError: Something that goes into them is not to be had.
    """
    sources = {"": Path(__file__), **binaries}

    def fill(content: Path) -> str:
        names = kubeadm_images(binaries["kubeadm"], version)
        metrics_version = printed_version(binaries["metrics-server"])
        control_plane = names["kube-apiserver"]
        with progress.step(f"packing the images of Kubernetes {version}"):
            for name, archive in (
                ("kubernetes", kubernetes(control_plane, binaries["kube-apiserver"])),
                ("kube-proxy", kube_proxy(names["kube-proxy"], binaries["kube-proxy"])),
                ("etcd", etcd(names["etcd"], binaries["etcd"])),
                ("pause", pause(names["pause"], cache, progress)),
                ("metrics-server", metrics_server(metrics_version, binaries["metrics-server"])),
            ):
                (content / f"{name}.tar").write_bytes(archive)
        more = [f"{control_plane} {names[name]}\n" for name in ("kube-controller-manager", "kube-scheduler")]
        (content / NAMES).write_text("".join(more), encoding="utf-8")
        return "build"

    key = f"lab-images-v{version}-{architecture()}"
    return cache.get(key, fingerprint_of(sources), fill)[0].directory


def kubeadm_images(kubeadm: Path, version: str) -> dict[str, str]:
    """Names of the control plane's images by their last part, such as ``kube-proxy``, as this kubeadm lists them.

    Raises:
        ComponentError: kubeadm fails.
    """
    done = subprocess.run(
        [kubeadm, "config", "images", "list", "--kubernetes-version", f"v{version}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ComponentError(f"kubeadm could not list its images: {done.stderr.strip()}")
    names = done.stdout.split()
    return {name.rpartition("/")[2].partition(":")[0]: name for name in names}


def kubernetes(reference: str, binary: Path) -> bytes:
    """The API server, controller manager and scheduler: one image, as one binary is all of them."""
    return _archive(
        reference,
        {"usr/local/bin/kubernetes": binary.read_bytes()},
        links={f"usr/local/bin/{name}": "kubernetes" for name in KUBERNETES},
    )


def etcd(reference: str, binary: Path) -> bytes:
    """A stand-alone etcd."""
    return _archive(reference, {"usr/local/bin/etcd": binary.read_bytes()})


def metrics_server(version: str, binary: Path) -> bytes:
    """The image that manifests of metrics-server name."""
    reference = METRICS_SERVER.format(version=version)
    return _archive(reference, {"metrics-server": binary.read_bytes()}, entrypoint=("/metrics-server",))


def pause(reference: str, cache: ComponentCache, progress: Progress) -> bytes:
    """The sandbox image: it only has to be there and to sleep.

    Raises:
        ComponentError: busybox is not to be had.
    """
    busybox = find_program("busybox", "busybox-static", cache, progress)
    files = {"bin/busybox": busybox.read_bytes()} | libraries(busybox)
    return _archive(reference, files, entrypoint=("/bin/busybox", "sleep", str(2**31 - 1)))


def kube_proxy(reference: str, binary: Path) -> bytes:
    """kube-proxy with this host's iptables.

    Raises:
        ComponentError: iptables is not there, or not the one that speaks nftables.
    """
    found = shutil.which(_IPTABLES_PROGRAM, path="/usr/sbin:/sbin")
    if found is None:
        raise ComponentError(f"{_IPTABLES_PROGRAM} is missing; on Debian or Ubuntu, apt-get install iptables")
    iptables = Path(found)
    # Its matches and targets are libraries that it loads at run time.
    plugins = sorted(Path("/usr/lib").glob("*-linux-gnu/xtables/*.so"))
    files = {str(plugin).lstrip("/"): plugin.read_bytes() for plugin in plugins}
    files |= {"usr/local/bin/kube-proxy": binary.read_bytes(), f"usr/local/bin/{iptables.name}": iptables.read_bytes()}
    return _archive(
        reference, files | libraries(iptables), links={f"usr/local/bin/{name}": iptables.name for name in _IPTABLES}
    )


def _archive(
    reference: str,
    files: Mapping[str, bytes],
    *,
    links: Mapping[str, str] | None = None,
    entrypoint: tuple[str, ...] = (),
) -> bytes:
    content = ImageContent(
        reference=reference, arch=architecture(), entrypoint=entrypoint, files=files, links=links or {}
    )
    return archive_bytes(content)
