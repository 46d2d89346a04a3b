from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from resize.catalogue import DATA, CatalogueError, read_toml
from resize.cgroup import CgroupReading
from resize.cgroup_expected import expected_pod
from resize.cgroup_paths import CgroupDirectories
from resize.known_issues import KnownIssue, known_issue_for, unnamed_issues_for
from resize.resources import Resources

if TYPE_CHECKING:
    from pathlib import Path

POD_CGROUP = "KI-POD-CGROUP-NOT-RAISED"
RUNTIME = "KI-NO-CRI-RESOURCES"
OLD_RUNTIME = {"containerd": "1.6.8"}
NAMES = sorted(read_toml(DATA / "known_issues.toml"))


def issue(name: str, version: str) -> KnownIssue:
    found = known_issue_for(name, version, OLD_RUNTIME)
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_issue_is_linked_and_bounded(name: str) -> None:
    first = read_toml(DATA / "known_issues.toml")[name]["first"]
    known = issue(name, first)
    assert known.link.startswith("https://github.com/kubernetes/")
    assert known.affects(known.last, OLD_RUNTIME)
    assert not known.affects("1.26", OLD_RUNTIME)
    assert not known.affects("1.99", OLD_RUNTIME)
    assert not known.explains("the cluster is broken: connection refused")


@pytest.mark.parametrize(
    ("version", "affected"), [("1.27", True), ("1.30.14", True), ("v1.36.2", True), ("1.37.0", False), ("1.26", False)]
)
def test_versions(version: str, affected: bool) -> None:
    assert (known_issue_for(POD_CGROUP, version) is not None) is affected


def test_the_pod_cgroup_issue_explains_the_mismatch_that_the_reader_words() -> None:
    at = CgroupDirectories("/cg/cpu/p", "/cg/cpu/p", "/cg/memory/p")
    stale = CgroupReading(
        at_monotonic_s=0.0,
        level="pod",
        version="v1",
        directories=at,
        cpu_quota_us=None,
        cpu_period_us=100_000,
        cpu_shares=2,
        cpu_weight=None,
        memory_limit_bytes=99_999_744,
    )
    expected = expected_pod([Resources.of(memory_request="200M", memory_limit="200M")], "v1", "cgroupfs")
    known = issue(POD_CGROUP, "1.30")
    (memory,) = expected.mismatches(stale)
    assert known.explains(memory)
    (shares,) = expected.mismatches(replace(stale, memory_limit_bytes=199_999_488, cpu_shares=102))
    assert not known.explains(shares)
    assert not known.explains(memory.replace("pod cgroup", "container cgroup"))
    # Something else is wrong too, which the issue must not hide.
    assert not known.explains(f"{memory}\n{shares}")
    assert not known.explains(memory + "\n" + memory.replace("pod cgroup", "container cgroup"))


def test_an_unknown_name_is_a_mistake() -> None:
    with pytest.raises(CatalogueError, match=f"no known issue 'KI-NONE'; it has {POD_CGROUP}"):
        known_issue_for("KI-NONE", "1.30")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[KI-SLOW-STATUS]", "[slow]", r"\[slow\]: an issue is a table whose name starts with KI-"),
        ('last = "1.36"', 'last = "1.20"', rf"\[{POD_CGROUP}\]: first is 1\.27, which is after last, 1\.20"),
        ("\nconfirmed = true", '\nconfirmed = "no"', r"confirmed is 'no', must be of type bool"),
        ("signature = 'pod", "pattern = 'pod", r"unknown key 'pattern'"),
    ],
)
def test_a_broken_file_names_the_issue(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (DATA / "known_issues.toml").read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "known_issues.toml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError, match=message):
        known_issue_for(POD_CGROUP, "1.30", path=broken)


@pytest.mark.parametrize(
    ("version", "containerd", "affected"),
    [
        ("1.30", "1.6.8", True),
        ("1.34", "v1.5.11", True),
        ("1.30", "1.6.9", False),
        ("1.30", "2.4.2", False),
        ("1.35", "1.6.8", False),
        ("1.30", "unknown (from DIR)", False),
    ],
)
def test_an_issue_of_the_runtime_is_bound_to_its_version(version: str, containerd: str, affected: bool) -> None:
    components = {"containerd": containerd}
    assert (known_issue_for(RUNTIME, version, components) is not None) is affected
    assert (RUNTIME in {issue.id for issue in unnamed_issues_for(version, components)}) is affected


def test_an_issue_of_the_runtime_takes_a_known_runtime() -> None:
    assert known_issue_for(RUNTIME, "1.30") is None
    assert RUNTIME not in {issue.id for issue in unnamed_issues_for("1.30", {"cri-o": "1.30.0"})}


def test_a_pod_cgroup_may_stay_only_where_a_container_was_started_anew() -> None:
    unnamed = {issue.id: issue for issue in unnamed_issues_for("1.28", {"containerd": "1.7.29"})}
    found, ended = unnamed["KI-POD-CGROUP-NOT-LOWERED"], unnamed["KI-ENDED-BEFORE-THE-POD-CGROUP"]
    stays = "  pod cgroup: pod cgroup: /sys/cpu.cfs_quota_us is 15000 us, accepted: 10000 us"
    assert found.explains(f"{stays}\n  1.6  event  Killing: Container stress resize requires restart")
    assert not found.explains(stays)
    assert ended.explains(f"{stays}\n  0.1  note  kubelet is stopped")
    assert not ended.explains(stays)


def test_an_issue_that_comes_and_goes_may_befall_any_case() -> None:
    unnamed = {issue.id: issue for issue in unnamed_issues_for("1.37", {"containerd": "2.4.2"})}
    found = unnamed["KI-USAGE-OF-A-RESTARTED-POD"]
    assert not found.strict
    restarted = "  0.4  event  Killing: Container stress resize requires restart"
    untold = "  0.5  event  ResizeError: unable to read memory usage for pod"
    assert found.explains(f"pod cgroup: memory.max is 2\n{restarted}\n{untold}")
    assert not found.explains(f"pod cgroup: memory.max is 2\n{untold}")
    assert not found.explains(f"spec of stress: a; expected b\n{restarted}\n{untold}")
