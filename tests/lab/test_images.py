"""Images: their layers as archives, what they are told apart by, and their way to the lab's inside."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from dataclasses import replace
from pathlib import Path

from lab.images import RECIPE_LABEL, Image, write_archive
from lab.inside import Spec
from lab.layers import Layer, folder


def _layer(directory: Path) -> Layer:
    program = directory / "program"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    return Layer(
        files={"usr/bin/program": program}, texts={"etc/name/setting": "on\n"}, links={"usr/bin/other": "program"}
    )


def _image(directory: Path) -> Image:
    return Image(
        reference="lab/node:v1.2.3",
        layers=(_layer(directory),),
        entrypoint=("/usr/bin/program",),
        environment={"A": "b"},
        labels={"kind": "test"},
        stop_signal="SIGRTMIN+3",
        volumes=("/var/log",),
    )


def test_a_layer_has_its_files_with_modes_and_the_directories_above_them(tmp_path: Path) -> None:
    with tarfile.open(_layer(tmp_path).write(tmp_path / "layer.tar")) as archive:
        entries = {entry.name: entry for entry in archive}
    assert entries["usr/bin/program"].mode == 0o755
    assert entries["etc/name/setting"].mode == 0o644
    assert entries["usr/bin/other"].linkname == "program"
    assert entries["etc/name"].isdir()
    assert {(entry.uid, entry.gid, entry.mtime) for entry in entries.values()} == {(0, 0, 0)}
    # A directory comes before what is in it.
    assert list(entries).index("usr/bin") < list(entries).index("usr/bin/program")


def test_the_same_content_makes_the_same_layer(tmp_path: Path) -> None:
    first = _layer(tmp_path).write(tmp_path / "first.tar").read_bytes()
    os.utime(tmp_path / "program", (1, 1))
    assert _layer(tmp_path).write(tmp_path / "second.tar").read_bytes() == first


def test_an_archive_is_a_layer_as_it_is(tmp_path: Path) -> None:
    archive = tmp_path / "tree.tar"
    archive.write_bytes(b"tree")
    assert Layer(archive=archive).write(tmp_path / "unused.tar") == archive


def test_an_image_is_made_anew_when_anything_of_it_changes(tmp_path: Path) -> None:
    image = _image(tmp_path)
    assert _image(tmp_path).recipe() == image.recipe()
    layer = image.layers[0]
    others = [
        replace(image, labels={}),
        replace(image, layers=(replace(layer, texts={"etc/name/setting": "off\n"}),)),
        replace(image, layers=(replace(layer, links={}),)),
    ]
    (tmp_path / "program").chmod(0o700)
    others.append(_image(tmp_path))
    assert image.recipe() not in {other.recipe() for other in others[:3]}
    (tmp_path / "longer").write_text("longer", encoding="utf-8")
    changed = replace(image, layers=(replace(layer, files={"usr/bin/program": tmp_path / "longer"}),))
    assert len({other.recipe() for other in [*others, changed]}) == 5


def test_the_archive_is_what_docker_load_reads(tmp_path: Path) -> None:
    image = _image(tmp_path)
    layer = image.layers[0].write(tmp_path / "layer.tar")
    output = io.BytesIO()
    write_archive(image, "fingerprint", [layer], output)
    with tarfile.open(fileobj=io.BytesIO(output.getvalue())) as archive:
        content = {entry.name: archive.extractfile(entry) for entry in archive}
        texts = {name: file.read() for name, file in content.items() if file is not None}
    (manifest,) = json.loads(texts["manifest.json"])
    assert manifest["RepoTags"] == ["lab/node:v1.2.3"]
    assert texts[manifest["Layers"][0]] == layer.read_bytes()
    configuration = json.loads(texts[manifest["Config"]])
    assert configuration["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}"]
    settings = configuration["config"]
    assert settings["Labels"] == {"kind": "test", RECIPE_LABEL: "fingerprint"}
    assert settings["Entrypoint"] == ["/usr/bin/program"]
    assert settings["Env"] == ["A=b"]
    assert settings["StopSignal"] == "SIGRTMIN+3"
    assert settings["Volumes"] == {"/var/log": {}}


def test_images_reach_the_inside_as_they_are(tmp_path: Path) -> None:
    archive = tmp_path / "tree.tar"
    archive.write_bytes(b"tree")
    image = replace(_image(tmp_path), layers=(Layer(archive=archive), _layer(tmp_path)))
    spec = Spec(str(tmp_path), ["sh", "-c", "true"], [image], {"A": "b"})
    assert Spec.parse(spec.text()) == spec


def test_a_folder_is_read_with_its_subfolders(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/file").touch()
    assert folder(tmp_path) == {"etc/file": tmp_path / "etc/file"}
