from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from clusters.components import images
from clusters.components.cache import ComponentCache
from clusters.components.errors import ComponentError
from clusters.components.images import PAUSE_REFERENCE, STRESS_REFERENCE, pause_archive, stress_archive
from clusters.components.oci import ImageContent, archive_bytes
from clusters.components.pins import architecture
from clusters.progress import Progress

SAMPLE = ImageContent(
    reference="localhost/sample/tool:7",
    arch="amd64",
    entrypoint=("/usr/bin/tool",),
    command=("--help",),
    files={"usr/bin/tool": b"\x7fELF"},
    texts={"etc/passwd": b"root"},
    links={"bin/sh": "busybox"},
)

needs_packages = pytest.mark.skipif(
    shutil.which("stress") is None or shutil.which("busybox") is None, reason="stress or busybox is not installed"
)


class Archive:
    """An image archive, read the way that the OCI specification describes it.

    Attributes:
        files: Every file of the archive by path.
        descriptor: The index's only entry.
        config: The image's configuration.
        layer: The only layer, a tar archive.
    """

    def __init__(self, content: bytes) -> None:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            self.files = {member.name: file.read() for member in tar if (file := tar.extractfile(member))}
        assert self.document("oci-layout") == {"imageLayoutVersion": "1.0.0"}
        (self.descriptor,) = self.document("index.json")["manifests"]
        manifest = json.loads(self.blob(self.descriptor))
        assert manifest["mediaType"] == self.descriptor["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
        self.config = json.loads(self.blob(manifest["config"]))
        (layer,) = manifest["layers"]
        assert self.config["rootfs"]["diff_ids"] == [layer["digest"]]
        self.layer = self.blob(layer)

    def open_layer(self) -> tarfile.TarFile:
        return tarfile.open(fileobj=io.BytesIO(self.layer))

    def document(self, path: str) -> Any:
        return json.loads(self.files[path])

    def blob(self, descriptor: dict[str, Any]) -> bytes:
        content = self.files[f"blobs/{descriptor['digest'].replace(':', '/')}"]
        assert len(content) == descriptor["size"]
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == descriptor["digest"]
        return content


def test_the_archive_is_a_valid_oci_layout() -> None:
    archive = Archive(archive_bytes(SAMPLE))
    assert archive.descriptor["annotations"] == {
        "io.containerd.image.name": "localhost/sample/tool:7",
        "org.opencontainers.image.ref.name": "7",
    }
    assert (archive.config["architecture"], archive.config["os"]) == ("amd64", "linux")
    assert archive.config["config"]["Entrypoint"] == ["/usr/bin/tool"]
    assert archive.config["config"]["Cmd"] == ["--help"]


def test_docker_finds_the_same_config_and_layer() -> None:
    archive = Archive(archive_bytes(SAMPLE))
    (entry,) = archive.document("manifest.json")
    assert entry["RepoTags"] == ["localhost/sample/tool:7"]
    assert json.loads(archive.files[entry["Config"]]) == archive.config
    assert archive.files[entry["Layers"][0]] == archive.layer


def test_the_layer_has_modes_owners_links_and_parents_first() -> None:
    with Archive(archive_bytes(SAMPLE)).open_layer() as layer:
        members = {member.name: member for member in layer}
    assert list(members) == ["bin", "bin/sh", "etc", "etc/passwd", "tmp", "usr", "usr/bin", "usr/bin/tool"]
    assert {name: oct(member.mode) for name, member in members.items() if not member.issym()} == {
        "bin": "0o755",
        "etc": "0o755",
        "etc/passwd": "0o644",
        "tmp": "0o1777",
        "usr": "0o755",
        "usr/bin": "0o755",
        "usr/bin/tool": "0o755",
    }
    assert members["bin/sh"].linkname == "busybox"
    assert {(member.uid, member.gid, member.mtime) for member in members.values()} == {(0, 0, 0)}


def test_the_same_content_gives_the_same_bytes() -> None:
    assert archive_bytes(SAMPLE) == archive_bytes(SAMPLE)


@needs_packages
def test_the_stress_image_runs_stress_and_a_shell_from_its_own_files(tmp_path: Path) -> None:
    image = stress_archive(tmp_path)
    assert image.reference == STRESS_REFERENCE
    archive = Archive(image.path.read_bytes())
    assert archive.config["architecture"] == architecture()
    assert archive.config["config"]["Entrypoint"] == ["/usr/bin/stress"]
    with archive.open_layer() as layer:
        # Python 3.11.0 to 3.11.3 have no filters; from 3.14 on the default one refuses absolute links.
        layer.extraction_filter = getattr(tarfile, "tar_filter", None)
        layer.extractall(tmp_path / "root")
    root = tmp_path / "root"
    # The loader is called by its path, so that only the image's own libraries take part: chroot would need root.
    loader = next(path for path in root.rglob("ld-linux*"))
    library_path = ":".join({str(path.parent) for path in root.rglob("lib*.so*")})
    stress: list[str | Path] = [loader, "--library-path", library_path, root / "usr/bin/stress", "--version"]
    assert subprocess.check_output(stress, text=True).startswith("stress 1.")
    listed = subprocess.check_output([root / "bin/busybox", "--list"], text=True).split()
    links = {path.name for path in (root / "bin").iterdir() if path.is_symlink()}
    assert {"sh", "awk", "cat", "sleep", "dd", "grep"} <= links <= set(listed)


@needs_packages
def test_the_pause_image_sleeps(tmp_path: Path) -> None:
    image = pause_archive(tmp_path)
    assert image.reference == PAUSE_REFERENCE
    archive = Archive(image.path.read_bytes())
    assert archive.config["config"]["Entrypoint"] == ["/bin/busybox", "sleep", "2147483647"]
    with archive.open_layer() as layer:
        assert "bin/busybox" in layer.getnames()


@needs_packages
def test_a_damaged_archive_is_replaced_and_a_good_one_kept(tmp_path: Path) -> None:
    path = pause_archive(tmp_path).path
    good, inode = path.read_bytes(), path.stat().st_ino
    assert pause_archive(tmp_path).path.stat().st_ino == inode
    path.write_bytes(good[:100])
    assert pause_archive(tmp_path).path.read_bytes() == good
    assert list((tmp_path / "images").iterdir()) == [path]


def test_programs_that_are_not_installed_come_out_of_their_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def find(name: str, package: str, cache: ComponentCache, progress: Progress) -> Path:
        asked.append((name, package, cache.directory))
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name}\n")
        return tmp_path / name

    monkeypatch.setattr(images, "find_program", find)
    archive = Archive(stress_archive(tmp_path).path.read_bytes())
    assert asked == [("stress", "stress", tmp_path), ("busybox", "busybox-static", tmp_path)]
    with archive.open_layer() as layer:
        stress = layer.extractfile("usr/bin/stress")
        assert stress is not None
        assert stress.read() == b"#!/bin/sh\necho stress\n"


@pytest.mark.parametrize(("command", "package"), [("stress", "stress"), ("busybox", "busybox-static")])
def test_a_missing_command_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, package: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name in (command, "apt-get") else "/bin/true")
    with pytest.raises(ComponentError, match=f"the command {command} was not found.*apt-get install {package}"):
        stress_archive(tmp_path)
