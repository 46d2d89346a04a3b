from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.progress import Progress
from clusters.uml import disk

#: Of e2fsprogs too; distributions keep both where an ordinary user's PATH does not lead.
SBIN = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
#: The superblock's features, and the permissions that each entry of a directory is told with (debugfs(8), "ls -l").
FEATURES = "Filesystem features:"


def _can_make_disks() -> bool:
    if shutil.which("mke2fs", path=SBIN) is None or shutil.which("debugfs", path=SBIN) is None:
        return False
    if os.geteuid() == 0:
        return True
    return subprocess.run(["unshare", "--user", "--map-root-user", "true"], check=False).returncode == 0


needs_mke2fs = pytest.mark.skipif(not _can_make_disks(), reason="no mke2fs and debugfs, or no user namespaces")


@pytest.fixture
def cache(tmp_path: Path) -> ComponentCache:
    directory = tmp_path / "cache"
    directory.mkdir()
    return ComponentCache(directory, Progress())


def _program(directory: Path, name: str, text: str) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def _root(cache: ComponentCache, directory: Path, text: str = "#!/bin/sh\n") -> Path:
    return disk.root_image(
        cache, {"tool": _program(directory, "any name", text)}, _program(directory, "busybox", "#!/bin/busybox\n")
    )


def _debugfs(image: Path, command: str) -> str:
    program = shutil.which("debugfs", path=SBIN)
    assert program is not None
    return subprocess.run([program, "-R", command, str(image)], capture_output=True, text=True, check=True).stdout


@needs_mke2fs
def test_same_content_is_the_same_image(cache: ComponentCache, tmp_path: Path) -> None:
    image = _root(cache, tmp_path / "a")
    made = image.stat()
    assert _root(cache, tmp_path / "b") == image
    assert (image.stat().st_ino, image.stat().st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


@needs_mke2fs
def test_other_content_is_another_image(cache: ComponentCache, tmp_path: Path) -> None:
    first, second = _root(cache, tmp_path / "a"), _root(cache, tmp_path / "a", "#!/bin/sh\nexit 1\n")
    assert first != second
    # Nodes that run have the first one mounted.
    assert first.exists()
    assert _debugfs(first, "cat /bin/tool") == "#!/bin/sh\n"
    assert _debugfs(second, "cat /bin/tool") == "#!/bin/sh\nexit 1\n"


@needs_mke2fs
def test_image_has_what_a_node_boots_with(cache: ComponentCache, tmp_path: Path) -> None:
    image = _root(cache, tmp_path / "a")
    assert 'Fast link dest: "busybox"' in _debugfs(image, "stat /bin/sh")
    tool = _debugfs(image, "stat /bin/tool")
    assert "Mode:  0755" in tool
    assert "User:     0   Group:     0" in tool
    assert _debugfs(image, "cat /etc/passwd").startswith("root:x:0:0:")
    for mount_point in ("/proc", "/run", "/sys", "/tmp", "/var", "/dev"):
        assert "Type: directory" in _debugfs(image, f"stat {mount_point}")


@needs_mke2fs
def test_libraries_come_along(cache: ComponentCache, tmp_path: Path) -> None:
    program = Path("/bin/cat").resolve()
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    libraries = [word for word in listed.split() if word.startswith("/")]
    assert libraries
    image = disk.root_image(cache, {"copier": program}, _program(tmp_path, "busybox", "#!/bin/busybox\n"))
    for library in libraries:
        assert f"Size: {Path(library).stat().st_size}" in _debugfs(image, f"stat {library}")


@needs_mke2fs
def test_state_disk_is_a_hole_without_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    disk.state_disk(path)
    assert path.stat().st_size == disk.STATE_BYTES
    assert path.stat().st_blocks * 512 < 32 << 20
    features = next(line for line in _debugfs(path, "stats").splitlines() if line.startswith(FEATURES))
    assert "has_journal" not in features
    assert "extent" in features


def test_missing_mke2fs_names_its_package(
    cache: ComponentCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clusters.uml.disk.shutil.which", lambda *_, **__: None)
    with pytest.raises(ComponentError, match=r"mke2fs was not found; .*apt-get install e2fsprogs"):
        _root(cache, tmp_path / "a")
    assert list(cache.directory.glob("uml-root-*")) == []


@needs_mke2fs
def test_failing_mke2fs_says_why(tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=r"nowhere/disk could not be made: `.*mke2fs.*No such file"):
        disk.state_disk(tmp_path / "nowhere" / "disk")
