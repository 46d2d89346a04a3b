"""A run's own copy of the way to a cluster: one context, complete, in a private folder that goes with the run."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from kubernetes.config import ConfigException, kube_config

from clusters.contract import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Fields that hold a path, which is relative to the file that they stand in.
_PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
NAME = "existing"


def private_copy(files: str, context: str | None, folder: Path) -> Path:
    """Write a kubeconfig of one context into a folder; certificates and keys become files beside it.

    Embedded ones would be written into the machine's folder for temporary files by each client that uses them, and
    stay there when it is killed.

    Args:
        files: The kubeconfig, or several with colons between them.
        context: The context; None for the current one.
        folder: Is there, and nobody else may look into it.

    Raises:
        ClusterError: There is no such context.
    """
    merge: Callable[[str], Any] = kube_config.KubeConfigMerger
    try:
        merged = merge(files).config
        if merged is None:
            raise ClusterError(f"there is no kubeconfig {files}; name one with --kubeconfig")
        chosen = merged["contexts"].get_with_name(context or merged["current-context"])["context"]
        cluster = merged["clusters"].get_with_name(chosen["cluster"])
        user = merged["users"].get_with_name(chosen["user"], safe=True) if chosen.safe_get("user") else None
    except ConfigException as error:
        raise ClusterError(f"kubeconfig {files} can't be used: {error}") from error
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": NAME,
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "clusters": [{"name": NAME, "cluster": _complete(cluster["cluster"].value, Path(cluster.path), folder)}],
        "users": [{"name": NAME, "user": _complete(user["user"].value, Path(user.path), folder) if user else {}}],
    }
    path = folder / "kubeconfig"
    _write(path, yaml.safe_dump(document, sort_keys=False).encode())
    return path


def _complete(entry: Mapping[str, Any], file: Path, folder: Path) -> dict[str, Any]:
    """An entry that means the same wherever its file lies."""
    complete = dict(entry)
    base = file.expanduser().absolute().parent
    for field in _PATHS:
        if embedded := complete.pop(f"{field}-data", None):
            complete[field] = str(folder / field)
            _write(folder / field, base64.standard_b64decode(embedded))
        elif field in complete:
            complete[field] = str(base / complete[field])
    plugin = complete.get("exec")
    # A bare name is looked up in PATH (client.authentication.k8s.io).
    if plugin and "/" in plugin["command"]:
        complete["exec"] = {**plugin, "command": str(base / plugin["command"])}
    return complete


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
