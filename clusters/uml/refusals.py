"""Why a kernel, a container engine or a setting keeps this user from namespaces, and what to do about each.

Settings are described in namespaces(7), user_namespaces(7) and in Debian's and Ubuntu's kernels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SYSCTL = Path("/proc/sys")
_STATUS = Path("/proc/self/status")

#: Where the kernel's limits of namespaces are; the kernel says "No space left on device" where one is reached.
_LIMITS = ("user.max_user_namespaces", "user.max_pid_namespaces", "user.max_mnt_namespaces", "user.max_net_namespaces")
#: Debian's switch, 0 where only root may.
_DEBIAN = "kernel.unprivileged_userns_clone"
#: Ubuntu's switch, 1 where a user namespace has no rights without a profile of AppArmor.
_UBUNTU = "kernel.apparmor_restrict_unprivileged_userns"

#: A number of namespaces that does for many clusters at a time; kernels start with a multiple of it.
_ENOUGH = 15000

_STEP_TEXTS = {
    "mounts": "file systems can't be mounted, or not run from",
    "pair": "no pair of interfaces can be made",
    "packets": "there are no packet sockets, which user-mode nodes exchange frames by",
    "forwarding": "/proc/sys/net/ipv4/ip_forward can't be written in a network namespace",
    "seccomp": "the kernel takes no filter of system calls, by which user-mode nodes run theirs (seccomp=on)",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused and why, and what to do about it."""

    detail: str
    remedy: str


def read_settings(directory: Path = _SYSCTL) -> dict[str, str]:
    """Settings with a say in namespaces, of those that this kernel has, such as ``user.max_pid_namespaces``."""
    files = {name: directory / name.replace(".", "/") for name in (*_LIMITS, _DEBIAN, _UBUNTU)}
    return {name: file.read_text(encoding="ascii").strip() for name, file in files.items() if file.exists()}


def is_filtered(status: Path = _STATUS) -> bool:
    """Whether a filter of system calls lies on this process already, as container engines put one."""
    return "Seccomp:\t2" in status.read_text(encoding="utf-8")


def explain_namespaces(
    told: str, *, as_root: bool, settings: Mapping[str, str] | None = None, filtered: bool | None = None
) -> Refusal:
    """Why namespaces could not be made.

    Args:
        told: What unshare(1) printed.
        as_root: Whether it was run by root, and so without a user namespace.
        settings: As :func:`read_settings` gives them, which is called by default.
        filtered: As :func:`is_filtered` says, which is called by default.
    """
    settings = read_settings() if settings is None else settings
    filtered = is_filtered() if filtered is None else filtered
    last = told.splitlines()[-1]
    if "No space left on device" in told:
        return _limit(last, as_root=as_root, settings=settings)
    if as_root and "mount /proc" not in told:
        return Refusal(f"this root can't make namespaces ({last})", "run the container with --privileged")
    if not as_root and (refusal := _setting(last, settings)) is not None:
        return refusal
    if "mount /proc" in told:
        return Refusal(
            f"a namespace's own /proc can't be mounted, as parts of this container's are masked ({last})",
            "docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL, or procMount: "
            "Unmasked in a pod's securityContext",
        )
    if "Invalid argument" in told:
        return Refusal(
            f"this kernel has no user namespaces ({last})", "boot one with CONFIG_USER_NS=y, as distributions' have it"
        )
    if filtered:
        return Refusal(
            f"a filter of system calls forbids namespaces, as container engines set one ({last})",
            "run the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined, or with --privileged",
        )
    return Refusal(
        f"namespaces are refused, and by none of the settings known here ({last})",
        "look for a security module's message in `dmesg` or the audit log, and run this outside of any chroot",
    )


def explain_step(step: str, told: str, *, as_root: bool, settings: Mapping[str, str] | None = None) -> Refusal:
    """Why something failed in namespaces that could be made.

    Args:
        step: One of :mod:`clusters.uml.probe`.
        told: Its error.
        as_root: Whether the namespaces were made by root, and so without a user namespace.
        settings: As :func:`read_settings` gives them, which is called by default.
    """
    settings = read_settings() if settings is None else settings
    text = f"{_STEP_TEXTS[step]} ({told})"
    # AppArmor may let a namespace be made and take its rights away: whatever needs one fails.
    if not as_root and (refusal := _setting(told, settings)) is not None:
        return Refusal(f"{text}; {refusal.detail}", refusal.remedy)
    if step == "pair" and ("not supported" in told or "Unknown device type" in told):
        return Refusal(text, "as root, modprobe veth; a kernel of one's own needs CONFIG_VETH")
    if step == "packets" and "not supported" in told:
        return Refusal(text, "as root, modprobe af_packet; a kernel of one's own needs CONFIG_PACKET")
    if step == "seccomp" and "Invalid argument" in told:
        return Refusal(text, "boot a kernel with CONFIG_SECCOMP_FILTER=y, as distributions' have it")
    return Refusal(
        text,
        "run the container with --privileged, or with --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined",
    )


def _limit(last: str, *, as_root: bool, settings: Mapping[str, str]) -> Refusal:
    """Which limit of namespaces is reached."""
    limits = [name for name in _LIMITS if name in settings and not (as_root and name == _LIMITS[0])]
    forbidding = [name for name in limits if settings[name] == "0"]
    if forbidding:
        values = " and ".join(f"{name} is 0" for name in forbidding)
        return Refusal(f"{values}, so that nobody can make such namespaces ({last})", _set(forbidding))
    low = [name for name in limits if int(settings[name]) < _ENOUGH] or limits
    values = ", ".join(f"{name} {settings[name]}" for name in low)
    return Refusal(f"a limit of namespaces is reached ({last}; {values})", _set(low))


def _setting(last: str, settings: Mapping[str, str]) -> Refusal | None:
    """The switch that keeps users from user namespaces, if one is set so."""
    if settings.get(_LIMITS[0]) == "0":
        return Refusal(f"{_LIMITS[0]} is 0, so that users can't make user namespaces ({last})", _set([_LIMITS[0]]))
    if settings.get(_DEBIAN) == "0":
        return Refusal(
            f"{_DEBIAN} is 0, so that only root can make user namespaces ({last})",
            f"as root, sysctl -w {_DEBIAN}=1 (and a line in /etc/sysctl.d to keep it)",
        )
    if settings.get(_UBUNTU) == "1":
        return Refusal(
            f"{_UBUNTU} is 1, so that AppArmor leaves users' namespaces without rights ({last})",
            f"as root, sysctl -w {_UBUNTU}=0 (and a line in /etc/sysctl.d to keep it), or write an AppArmor profile "
            f"with `userns,` for unshare",
        )
    return None


def _set(names: list[str]) -> str:
    settings = " ".join(f"{name}={_ENOUGH}" for name in names)
    return f"as root, sysctl -w {settings} (and lines in /etc/sysctl.d to keep them)"
