from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from clusters import inventory
from clusters.__main__ import main
from clusters.components.images import ImageArchive
from clusters.local import keeping
from clusters.local.state import ClusterFolder


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESIZE_CONFORMANCE_STATE", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "clusters"


def _cluster(root: Path, name: str, *, ready: bool, kept: bool = False) -> int:
    """A cluster that this process looks after; returns the open lock."""
    folder = root / name
    descriptor = keeping.take(folder)
    folder.mkdir()
    state = {"warden_pid": 2**22 + 1, "init_pid": 2**22 + 2, "port": 1, "created": time.time() - 7300}
    (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    if ready:
        (folder / "record.json").write_text(json.dumps({"kube_version": "1.37.2"}), encoding="utf-8")
    if kept:
        (folder / "kept").touch()
    return descriptor


def test_list_without_clusters(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    assert main(["list"]) == 0
    assert capsys.readouterr().out == f"no local clusters in {root}\n"


def test_list_tells_conditions_apart(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    locks = [
        _cluster(root, "begun", ready=False),
        _cluster(root, "running-one", ready=True),
        _cluster(root, "kept-one", ready=True, kept=True),
    ]
    os.close(_cluster(root, "left-over", ready=True))
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    rows = {line.split("│")[1].strip(): [cell.strip() for cell in line.split("│")[2:5]] for line in _rows(out)}
    assert rows == {
        "begun": ["-", "2 h", "starting"],
        "running-one": ["1.37.2", "2 h", "running"],
        "kept-one": ["1.37.2", "2 h", "kept"],
        "left-over": ["1.37.2", "2 h", "orphaned"],
    }
    exports = [line for line in out.splitlines() if line.startswith("export")]
    assert exports == [f"export KUBECONFIG={root / name / 'admin.kubeconfig'}" for name in ("kept-one", "running-one")]
    for lock in locks:
        os.close(lock)


def _rows(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith("│")]


def test_rm_unknown_name(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    os.close(_cluster(root, "left-over-of-a-test", ready=True))
    assert main(["rm", "nix"]) == 1
    told = capsys.readouterr().err
    assert told == "there is no local cluster named 'nix'; there are: left-over-of-a-test\n"
    assert (root / "left-over-of-a-test").exists()


def test_rm_removes_an_orphan(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    os.close(_cluster(root, "left-over-of-a-test", ready=True))
    assert main(["rm", "left-over-of-a-test"]) == 0
    assert capsys.readouterr().out == "removed cluster left-over-of-a-test\n"
    assert list(root.iterdir()) == []


def test_rm_all_leaves_clusters_that_are_in_use(capsys: pytest.CaptureFixture[str], root: Path) -> None:
    lock = keeping.take(root / "begun-in-a-test")
    os.close(_cluster(root, "left-over-of-a-test", ready=True))
    assert main(["rm", "--all"]) == 0
    assert capsys.readouterr().out == "removed cluster left-over-of-a-test\n"
    assert keeping.is_held(root / "begun-in-a-test")
    os.close(lock)
    assert main(["rm", "--all"]) == 0
    assert main(["rm", "--all"]) == 0
    assert capsys.readouterr().out.endswith("no kept or orphaned clusters\n")


@pytest.mark.parametrize("arguments", [["rm"], ["rm", "--all", "a"]])
def test_rm_wants_names_or_all(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert "give the names of clusters, or --all" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["bogus"], ["list", "extra"]])
def test_wrong_command_lines(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


def test_components_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["components"]) == 0
    assert "kubernetes v1.37.2" in capsys.readouterr().out


def test_age_of_a_lock_alone(root: Path) -> None:
    os.close(keeping.take(root / "a"))
    os.utime(keeping.lock_file(root / "a"), (0, time.time() - 200))
    assert inventory._age(ClusterFolder(root / "a")) == "3 min"


def test_image_is_written_for_other_registries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "made.tar"
    made.write_bytes(b"archive")
    monkeypatch.setattr("clusters.__main__.stress_archive", lambda _: ImageArchive(made, "localhost/stress:1"))
    assert main(["image", str(tmp_path / "stress.tar")]) == 0
    assert (tmp_path / "stress.tar").read_bytes() == b"archive"
    assert "holds localhost/stress:1" in capsys.readouterr().out
    assert main(["image", str(tmp_path / "missing" / "stress.tar")]) == 1
    assert "can't be written: No such file or directory" in capsys.readouterr().err
