from __future__ import annotations

import pytest

from resize.cgroup_paths import (
    CgroupDirectories,
    CgroupLayoutError,
    CgroupMount,
    CgroupPaths,
    agrees_with,
    cgroups_path_of,
    detect_cgroup_version,
    detect_driver,
    parse_mountinfo,
    read_mounts,
)
from tests.resize.node_of_files import NodeOfFiles

ID = "a4ad15ff9c7a71a0f1c34cdce9d1ae9d18ebd4e7b01f3c92ee796e5180729460"
POD = "/kubepods/podaa80f5b5-d68b-4ab6-ac38-df493310068b"
SLICE = "kubepods-burstable-pod708b8195_0ca0_45e0_9f2b_015f679c98da.slice"
SYSTEMD = f"/kubepods.slice/kubepods-burstable.slice/{SLICE}/cri-containerd-{ID}.scope"

OTHER_MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:20 / /proc rw,nosuid - proc proc rw
broken line
"""
SPLIT_MOUNTS = OTHER_MOUNTS + "\n".join(
    f"{30 + n} 22 0:{30 + n} / /sys/fs/cgroup/{name} rw,relatime shared:{n} - cgroup cgroup rw,{name}"
    for n, name in enumerate(("cpu", "cpuacct", "memory", "pids"))
)
UNIFIED_IN_HYBRID = "\n40 22 0:40 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw"
JOINT_MOUNTS = """\
30 22 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
31 22 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
32 22 0:32 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
"""
V2_MOUNTS = "30 22 0:30 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"


def v1_text(path: str, *groups: str) -> str:
    return "\n".join(f"{n}:{group}:{path}" for n, group in enumerate(groups, start=1))


def same(path: str) -> CgroupDirectories:
    return CgroupDirectories(path, path, path)


def test_v1_with_a_mount_for_each_controller() -> None:
    text = v1_text(f"{POD}/{ID}", "cpu", "cpuacct", "memory", "pids", "name=systemd") + "\n0::/"
    paths = CgroupPaths.parse(text, parse_mountinfo(SPLIT_MOUNTS))
    assert paths.version == "v1"
    assert paths.container == CgroupDirectories(
        f"/sys/fs/cgroup/cpu{POD}/{ID}", f"/sys/fs/cgroup/cpuacct{POD}/{ID}", f"/sys/fs/cgroup/memory{POD}/{ID}"
    )
    assert paths.pod.memory == f"/sys/fs/cgroup/memory{POD}"
    assert paths.directories("pod") == paths.pod
    assert paths.directories("container") == paths.container
    assert detect_driver(paths) == "cgroupfs"


def test_v1_with_joint_controllers() -> None:
    text = v1_text(f"{POD}/{ID}", "cpu,cpuacct", "memory", "name=systemd")
    paths = CgroupPaths.parse(text, parse_mountinfo(JOINT_MOUNTS))
    assert paths.container.cpu == paths.container.cpuacct == f"/sys/fs/cgroup/cpu,cpuacct{POD}/{ID}"
    assert paths.container.memory == f"/sys/fs/cgroup/memory{POD}/{ID}"


def test_hybrid_counts_as_v1_while_memory_is_there() -> None:
    mounts = parse_mountinfo(SPLIT_MOUNTS + UNIFIED_IN_HYBRID)
    text = v1_text(f"{POD}/{ID}", "cpu", "cpuacct", "memory") + f"\n0::{POD}/{ID}"
    assert CgroupPaths.parse(text, mounts).container.memory == f"/sys/fs/cgroup/memory{POD}/{ID}"


def test_v2() -> None:
    paths = CgroupPaths.parse(f"0::{POD}/{ID}\n", parse_mountinfo(OTHER_MOUNTS + V2_MOUNTS))
    assert paths == CgroupPaths("v2", same(f"/sys/fs/cgroup{POD}/{ID}"), same(f"/sys/fs/cgroup{POD}"))
    assert detect_driver(paths) == "cgroupfs"


def test_systemd_names() -> None:
    paths = CgroupPaths.parse(f"0::{SYSTEMD}", parse_mountinfo(V2_MOUNTS))
    assert paths.pod.cpu.endswith(f"/{SLICE}")
    assert detect_driver(paths) == "systemd"


@pytest.mark.parametrize("root", ["/docker/9f86d0", "/../../docker/9f86d0"])
def test_a_node_that_sees_only_a_part_of_the_hierarchy(root: str) -> None:
    mounts = parse_mountinfo(f"30 22 0:30 {root} /sys/fs/cgroup rw - cgroup2 cgroup rw")
    paths = CgroupPaths.parse(f"0::{root}{POD}/{ID}", mounts)
    assert paths.container.cpu == f"/sys/fs/cgroup{POD}/{ID}"


def test_a_cgroup_outside_of_the_nodes_mounts_is_an_error() -> None:
    mounts = parse_mountinfo("30 22 0:30 /docker/9f8 /sys/fs/cgroup rw - cgroup2 cgroup rw")
    with pytest.raises(CgroupLayoutError, match=r"cgroup /docker/9f8-other/x .* not visible .*shows /docker/9f8"):
        CgroupPaths.parse("0::/docker/9f8-other/x", mounts)


def test_of_two_mounts_the_one_that_shows_the_cgroup_is_taken() -> None:
    mounts = [CgroupMount("/part", "/elsewhere", None), CgroupMount("/whole", "/", None)]
    assert CgroupPaths.parse(f"0::{POD}/{ID}", mounts).pod.cpu == f"/whole{POD}"


def test_cgroups_that_the_container_made_below_its_own_are_cut_off() -> None:
    mounts = parse_mountinfo(V2_MOUNTS)
    assert CgroupPaths.parse(f"0::{POD}/{ID}/init.scope", mounts, ID).container.cpu == f"/sys/fs/cgroup{POD}/{ID}"
    with pytest.raises(CgroupLayoutError, match=f"no cgroup of container {ID}"):
        CgroupPaths.parse("0::/init.scope", mounts, ID)


def test_a_missing_controller_is_named() -> None:
    with pytest.raises(CgroupLayoutError, match="names no v1 cgroup for memory"):
        CgroupPaths.parse(v1_text("/x", "cpu", "cpuacct"), parse_mountinfo(SPLIT_MOUNTS))


def test_options_of_a_mount_are_no_controllers() -> None:
    controllers = [mount.controllers for mount in parse_mountinfo(JOINT_MOUNTS)]
    assert controllers == [frozenset({"cpu", "cpuacct"}), frozenset({"memory"}), frozenset()]


def test_blanks_in_mount_points() -> None:
    (mount,) = parse_mountinfo(r"30 22 0:30 / /srv/my\040node rw - cgroup2 cgroup rw")
    assert mount == CgroupMount("/srv/my node", "/", None)


@pytest.mark.parametrize(
    ("mountinfo", "version"),
    [(SPLIT_MOUNTS, "v1"), (JOINT_MOUNTS, "v1"), (SPLIT_MOUNTS + UNIFIED_IN_HYBRID, "v1"), (V2_MOUNTS, "v2")],
)
def test_the_version_is_read_from_the_node(mountinfo: str, version: str) -> None:
    assert detect_cgroup_version(NodeOfFiles({"/proc/1/mountinfo": mountinfo})) == version
    # PID 1 may belong to another user.
    denied = NodeOfFiles({"/proc/self/mountinfo": mountinfo}, {"/proc/1/mountinfo": PermissionError()})
    assert detect_cgroup_version(denied) == version


def test_a_node_without_cgroups_is_named() -> None:
    with pytest.raises(CgroupLayoutError, match="node node-of-files: no cgroup is mounted"):
        read_mounts(NodeOfFiles({"/proc/1/mountinfo": OTHER_MOUNTS}))


def test_v1_without_memory_controller_is_an_error_that_shows_the_mounts() -> None:
    only_cpu = "30 22 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu"
    with pytest.raises(CgroupLayoutError, match=r"no memory controller .*/sys/fs/cgroup/cpu \(cpu\)"):
        detect_cgroup_version(NodeOfFiles({"/proc/1/mountinfo": only_cpu}))


def test_the_paths_of_a_process() -> None:
    node = NodeOfFiles({"/proc/1/mountinfo": V2_MOUNTS, "/proc/77/cgroup": f"0::{POD}/{ID}\n"})
    assert CgroupPaths.of_process(node, 77, ID).container.memory == f"/sys/fs/cgroup{POD}/{ID}"
    with pytest.raises(FileNotFoundError):
        CgroupPaths.of_process(node, 78)


@pytest.mark.parametrize(
    ("cgroup", "recorded", "agrees"),
    [
        (f"{POD}/{ID}", f"{POD}/{ID}", True),
        (f"/nested/root{POD}/{ID}", f"{POD}/{ID}", True),
        (f"{POD}/{ID}", f"{POD}/{ID[:-1]}0x", False),
        (SYSTEMD, f"{SLICE}:cri-containerd:{ID}", True),
        (SYSTEMD, f"{SLICE}:crio:{ID}", False),
        (SYSTEMD, f"kubepods-other.slice:cri-containerd:{ID}", False),
    ],
)
def test_the_runtimes_record_is_compared_with_the_process(cgroup: str, recorded: str, agrees: bool) -> None:
    paths = CgroupPaths.parse(f"0::{cgroup}", parse_mountinfo(V2_MOUNTS))
    assert agrees_with(paths, cgroups_path_of({"ID": ID, "Spec": {"linux": {"cgroupsPath": recorded}}})) is agrees


@pytest.mark.parametrize("document", [{}, {"Spec": None}, {"Spec": {"linux": {"cgroupsPath": ""}}}])
def test_a_record_without_path_is_an_error(document: dict[str, object]) -> None:
    with pytest.raises(CgroupLayoutError, match=r"no Spec\.linux\.cgroupsPath"):
        cgroups_path_of(document)
