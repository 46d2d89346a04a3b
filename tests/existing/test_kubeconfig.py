from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
import yaml

from clusters.contract import ClusterError
from clusters.existing.folders import RunFolder, sweep_folders
from clusters.existing.kubeconfig import private_copy


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """Two contexts; the second has embedded certificates, the first a plugin and files beside the kubeconfig."""
    folder = tmp_path / "home"
    folder.mkdir()
    embedded = base64.standard_b64encode(b"PEM").decode()
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "first",
        "contexts": [
            {"name": "first", "context": {"cluster": "one", "user": "plugin", "namespace": "theirs"}},
            {"name": "second", "context": {"cluster": "two", "user": "certificate"}},
        ],
        "clusters": [
            {"name": "one", "cluster": {"server": "https://one", "certificate-authority": "ca.crt"}},
            {"name": "two", "cluster": {"server": "https://two", "certificate-authority-data": embedded}},
        ],
        "users": [
            {"name": "plugin", "user": {"exec": {"command": "./bin/login", "args": ["--for", "one"]}}},
            {"name": "certificate", "user": {"client-certificate-data": embedded, "client-key-data": embedded}},
        ],
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(document))
    return path


def copied(original: Path | str, context: str | None, tmp_path: Path) -> tuple[dict[str, object], dict[str, object]]:
    folder = tmp_path / "private"
    folder.mkdir(exist_ok=True)
    path = private_copy(str(original), context, folder)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
    document = yaml.safe_load(path.read_text())
    assert [len(document[kind]) for kind in ("contexts", "clusters", "users")] == [1, 1, 1]
    return document["clusters"][0]["cluster"], document["users"][0]["user"]


def test_paths_mean_the_same_elsewhere(original: Path, tmp_path: Path) -> None:
    cluster, user = copied(original, None, tmp_path)
    assert cluster == {"server": "https://one", "certificate-authority": str(original.parent / "ca.crt")}
    assert user == {"exec": {"command": str(original.parent / "bin/login"), "args": ["--for", "one"]}}


def test_embedded_certificates_become_private_files(original: Path, tmp_path: Path) -> None:
    cluster, user = copied(original, "second", tmp_path)
    paths = [cluster["certificate-authority"], user["client-certificate"], user["client-key"]]
    assert [Path(str(path)).read_bytes() for path in paths] == [b"PEM"] * 3
    assert "data" not in str([*cluster, *user])


def test_several_files(original: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(yaml.safe_dump({"current-context": "", "contexts": [], "clusters": [], "users": []}))
    assert copied(f"{other}:{original}", "first", tmp_path)[0]["server"] == "https://one"


@pytest.mark.parametrize("context", ["third", ""])
def test_what_is_not_there(original: Path, tmp_path: Path, context: str) -> None:
    with pytest.raises(ClusterError, match=r"can't be used: .*third|there is no kubeconfig"):
        private_copy(str(original) if context else "/nowhere", context or None, tmp_path)


def test_the_folder_is_private_and_goes(state: Path) -> None:
    folder = RunFolder("run")
    assert folder.path == state / "existing" / "run"
    assert folder.path.stat().st_mode & 0o777 == 0o700
    # Somebody looks after it.
    assert sweep_folders() == []
    folder.remove()
    assert list((state / "existing").iterdir()) == []


def test_the_folder_of_a_killed_run_goes_with_the_next(state: Path) -> None:
    child = os.fork()
    if child == 0:
        (RunFolder("killed").path / "kubeconfig").write_text("a token")
        os._exit(9)
    os.waitpid(child, 0)
    assert (state / "existing" / "killed" / "kubeconfig").exists()
    assert sweep_folders() == ["killed"]
    assert list((state / "existing").iterdir()) == []
