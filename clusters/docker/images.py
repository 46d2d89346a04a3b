"""Which node image stands for which Kubernetes version: typed access to ``images.toml``, and ``--node-image``."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from clusters.components.pins import resolve_version
from clusters.contract import ClusterError
from clusters.versions import KubeVersion

IMAGES_FILE = Path(__file__).with_name("images.toml")

_TAG = re.compile(r":v?(?P<version>\d+\.\d+\.\d+)")


def node_version(provider: str, asked: KubeVersion, node_image: str | None) -> KubeVersion:
    """The full version that a version stands for with a provider: kind's images lag behind the newest patch.

    Args:
        provider: ``kind`` or ``k3d``.
        asked: With or without a patch.
        node_image: The value of ``--node-image``, which decides where it names a version itself.

    Raises:
        ClusterError: There is no image of this version; the message lists those that there are.
    """
    if node_image is not None:
        tagged = image_version(node_image)
        if tagged is None:
            return resolve_version(asked)
        if asked not in {tagged, KubeVersion(tagged.major, tagged.minor)}:
            raise ClusterError(
                f"--node-image {node_image} has Kubernetes {tagged}, and {asked} is asked for: write {{version}} in "
                f"place of the version to name an image for each"
            )
        return tagged
    if provider == "k3d":
        return resolve_version(asked)
    versions = {minor: image_version(image) for minor, image in _kind_images().items()}
    found = versions.get(asked.minor_text)
    if found is None or asked.patch not in {None, found.patch}:
        known = ", ".join(str(version) for version in versions.values())
        raise ClusterError(
            f"no kind node image of Kubernetes {asked} is pinned (there are: {known}): name one with --node-image, "
            f"such as kindest/node:v{asked}"
        )
    return found


def node_image(provider: str, version: KubeVersion, asked: str | None) -> str:
    """The image's name.

    Args:
        provider: ``kind`` or ``k3d``.
        version: Full, as :func:`node_version` gives it.
        asked: The value of ``--node-image``; ``{version}`` in it stands for the version.
    """
    if asked is not None:
        return asked.replace("{version}", str(version))
    if provider == "k3d":
        return str(_document()["k3d"]["image"]).replace("{version}", str(version))
    return _kind_images()[version.minor_text]


def remark_on_tool(provider: str, version: KubeVersion, asked: str | None, tool_version: str) -> str | None:
    """What is to be said where the tool is older than the one that the pinned image was published for; else None.

    kind's images work with the release that they were made for, and with others as far as nobody changed anything.
    """
    entry = _document()["kind"].get(version.minor_text)
    if provider != "kind" or asked is not None or entry is None or _numbers(tool_version) >= _numbers(entry["kind"]):
        return None
    return (
        f"kind {tool_version} on PATH is older than {entry['kind']}, which the node image was made for; if the cluster "
        f"does not come up, use a newer kind, or an older image by --node-image"
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def image_version(image: str) -> KubeVersion | None:
    """The version in an image's tag, None where there is none, as in ``kind-node:latest`` or ``...:v{version}``."""
    match = _TAG.search(image)
    return KubeVersion.parse(match["version"]) if match else None


def _kind_images() -> dict[str, str]:
    return {minor: str(entry["image"]) for minor, entry in _document()["kind"].items()}


@cache
def _document() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(IMAGES_FILE.read_text(encoding="utf-8"))
