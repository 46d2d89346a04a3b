"""The container runtimes that the command line asks for, as far as they are pinned."""

from __future__ import annotations

from clusters.components.errors import ComponentError
from clusters.components.pins import load_pins
from clusters.runtimes import CRUN, RUNC, Runtime


def parse_runtimes(containerd: str, oci_runtime: str) -> list[Runtime]:
    """Every combination of the versions in two lists.

    Args:
        containerd: Such as ``1.6.8,1.7``; ``auto`` is the pinned one.
        oci_runtime: Such as ``runc,runc@1.3.1,crun``; ``auto`` is the pinned runc.

    Raises:
        ComponentError: One of them is not known; the message begins with the option that names it.
    """
    first = [_containerd(part) for part in _parts(containerd)]
    second = [_oci(part) for part in _parts(oci_runtime)]
    return list(dict.fromkeys(Runtime(one, other) for one in first for other in second))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _containerd(text: str) -> str:
    if text == "auto":
        return ""
    return _unless_usual("containerd", text, "--containerd")


def _oci(text: str) -> str:
    name, _, version = text.partition("@")
    if name == CRUN and not version:
        return CRUN
    if text in {"auto", RUNC}:
        return ""
    if name != RUNC or not version:
        raise ComponentError(f"--oci-runtime {text}: write runc, runc@VERSION or crun")
    other = _unless_usual(RUNC, version, "--oci-runtime")
    return other and f"{RUNC} {other}"


def _unless_usual(name: str, version: str, option: str) -> str:
    """The full version, or nothing where it is the usual one."""
    pins = load_pins()
    try:
        found = pins.at(name, version)
    except ComponentError as error:
        raise ComponentError(f"{option} {version}: {error}") from error
    return "" if found in pins.fixed else found.version
