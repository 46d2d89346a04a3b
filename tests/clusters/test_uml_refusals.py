"""Each way in which a host keeps users from namespaces is told by its setting, with the remedy.

What unshare(1) says was taken down from util-linux 2.38 under the setting in question; for the switches of Debian's and
Ubuntu's kernels it is what their users report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.uml.refusals import explain_namespaces, explain_step, is_filtered, read_settings

if TYPE_CHECKING:
    from pathlib import Path

FULL = "unshare: unshare failed: No space left on device"
DENIED = "unshare: unshare failed: Operation not permitted"
MASKED = "unshare: mount /proc failed: Operation not permitted"
USUAL = {f"user.max_{kind}_namespaces": "96365" for kind in ("user", "pid", "mnt", "net")}


@pytest.mark.parametrize(
    ("told", "settings", "detail", "remedy"),
    [
        (FULL, {"user.max_user_namespaces": "0"}, "user.max_user_namespaces is 0", "user.max_user_namespaces=15000"),
        (DENIED, {"user.max_user_namespaces": "0"}, "user.max_user_namespaces is 0", "user.max_user_namespaces=15000"),
        (FULL, {"user.max_net_namespaces": "0"}, "user.max_net_namespaces is 0", "user.max_net_namespaces=15000 (and"),
        (FULL, {"user.max_pid_namespaces": "7"}, "limit of namespaces is reached", "sysctl -w user.max_pid_namespaces"),
        (
            DENIED,
            {"kernel.unprivileged_userns_clone": "0"},
            "only root can make user namespaces",
            "kernel.unprivileged_userns_clone=1",
        ),
        (
            "unshare: write failed /proc/self/uid_map: Operation not permitted",
            {"kernel.apparmor_restrict_unprivileged_userns": "1"},
            "AppArmor leaves users' namespaces without rights",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        (MASKED, {}, "masked", "systempaths=unconfined"),
        ("unshare: unshare failed: Invalid argument", {}, "no user namespaces", "CONFIG_USER_NS=y"),
        (DENIED, {}, "none of the settings known here", "dmesg"),
    ],
)
def test_refusals(told: str, settings: dict[str, str], detail: str, remedy: str) -> None:
    refusal = explain_namespaces(told, as_root=False, settings=USUAL | settings, filtered=False)
    assert detail in refusal.detail
    assert told in refusal.detail
    assert remedy in refusal.remedy


def test_settings_that_allow_are_not_blamed() -> None:
    allowing = {"kernel.unprivileged_userns_clone": "1", "kernel.apparmor_restrict_unprivileged_userns": "0"}
    refusal = explain_namespaces(DENIED, as_root=False, settings=USUAL | allowing, filtered=True)
    assert "a filter of system calls" in refusal.detail
    assert "--security-opt seccomp=unconfined" in refusal.remedy


def test_root_is_not_told_of_what_concerns_users_alone() -> None:
    users = USUAL | {"user.max_user_namespaces": "0", "kernel.unprivileged_userns_clone": "0"}
    refusal = explain_namespaces(DENIED, as_root=True, settings=users, filtered=False)
    assert refusal.remedy == "run the container with --privileged"
    refusal = explain_namespaces(FULL, as_root=True, settings=users | {"user.max_mnt_namespaces": "0"}, filtered=False)
    assert refusal.detail.startswith("user.max_mnt_namespaces is 0,")


@pytest.mark.parametrize(
    ("step", "told", "remedy"),
    [
        ("pair", "RTNETLINK answers: Operation not supported", "modprobe veth"),
        ("pair", "Error: Unknown device type.", "modprobe veth"),
        ("pair", "RTNETLINK answers: Operation not permitted", "--privileged"),
        ("packets", "[Errno 97] Address family not supported by protocol", "modprobe af_packet"),
        ("forwarding", "[Errno 30] Read-only file system: '/proc/sys/net/ipv4/ip_forward'", "--privileged"),
        ("seccomp", "[Errno 22] Invalid argument", "CONFIG_SECCOMP_FILTER=y"),
        ("seccomp", "[Errno 1] Operation not permitted", "seccomp=unconfined"),
        ("mounts", "[Errno 1] Operation not permitted: '/run'", "apparmor=unconfined"),
    ],
)
def test_steps(step: str, told: str, remedy: str) -> None:
    refusal = explain_step(step, told, as_root=False, settings=USUAL)
    assert told in refusal.detail
    assert remedy in refusal.remedy


def test_namespaces_that_apparmor_leaves_without_rights() -> None:
    settings = USUAL | {"kernel.apparmor_restrict_unprivileged_userns": "1"}
    refusal = explain_step("mounts", "[Errno 13] Permission denied: '/run'", as_root=False, settings=settings)
    assert "file systems can't be mounted" in refusal.detail
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in refusal.remedy
    assert "privileged" in explain_step("mounts", "denied", as_root=True, settings=settings).remedy


def test_settings_are_those_that_the_kernel_has(tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "max_user_namespaces").write_text("15\n", encoding="ascii")
    assert read_settings(tmp_path) == {"user.max_user_namespaces": "15"}


@pytest.mark.parametrize(("mode", "filtered"), [("0", False), ("2", True)])
def test_filter_of_this_process(tmp_path: Path, mode: str, filtered: bool) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tx\nSeccomp:\t{mode}\nSeccomp_filters:\t1\n", encoding="ascii")
    assert is_filtered(status) is filtered
