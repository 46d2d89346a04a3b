from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resize.features import RESIZE_GATE, enabled_features, feature_stages
from resize.manifests import (
    BUSY_HOLD_SCRIPT,
    CONTAINER,
    HOLD_SCRIPT,
    SEED_STRESS,
    STRESS_BYTES,
    TURNS_SCRIPT,
    container,
    pod,
)
from resize.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Iterator

RESOURCES = Resources.guaranteed(cpu="100m", memory="150M")


def test_stress_container_is_the_seeds() -> None:
    made = container(CONTAINER, "stress:1", RESOURCES)
    assert made == {
        "name": "stress",
        "image": "stress:1",
        "imagePullPolicy": "IfNotPresent",
        "resources": {
            "requests": {"cpu": "100m", "memory": "150M"},
            "limits": {"cpu": "100m", "memory": "150M"},
        },
        "command": ["stress"],
        "args": list(SEED_STRESS),
    }


def test_script_ends_at_once_when_asked_to() -> None:
    made = container("c", "i", RESOURCES, script="sleep 9")
    assert made["command"] == ["/bin/sh", "-c", "trap 'exit 0' TERM; sleep 9"]
    assert "args" not in made


def test_resize_policy() -> None:
    made = container("c", "i", RESOURCES, args=["--cpu", "1"], resize_policy={"cpu": "NotRequired"})
    assert made["resizePolicy"] == [{"resourceName": "cpu", "restartPolicy": "NotRequired"}]
    assert made["args"] == ["--cpu", "1"]


def test_pod_holds_no_credentials_and_ends_at_once() -> None:
    made = pod("p", [container("c", "i", RESOURCES)], labels={"app": "p"}, restart_policy="Never")
    assert made["metadata"] == {"name": "p", "labels": {"app": "p"}}
    spec = made["spec"]
    assert (spec["restartPolicy"], spec["terminationGracePeriodSeconds"]) == ("Never", 0)
    assert spec["automountServiceAccountToken"] is False
    assert [c["name"] for c in spec["containers"]] == ["c"]


def test_features_by_a_components_own_word() -> None:
    metrics = """\
# HELP kubernetes_feature_enabled [BETA] This metric records the data about the stage and enablement of a k8s feature.
# TYPE kubernetes_feature_enabled gauge
kubernetes_feature_enabled{name="InPlacePodVerticalScaling",stage=""} 1
kubernetes_feature_enabled{name="InPlacePodVerticalScalingExclusiveCPUs",stage="ALPHA"} 0
kubernetes_build_info{major="1"} 1
"""
    assert enabled_features(metrics) == {RESIZE_GATE: True, "InPlacePodVerticalScalingExclusiveCPUs": False}
    assert enabled_features("") == {}
    assert feature_stages(metrics) == {RESIZE_GATE: "ga", "InPlacePodVerticalScalingExclusiveCPUs": "alpha"}


@pytest.fixture
def scripts(tmp_path: Path) -> Iterator[Scripts]:
    running = Scripts(tmp_path)
    yield running
    running.end()


class Scripts:
    """Runs workloads' scripts here, with little memory and their files in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def run(self, script: str) -> subprocess.Popen[bytes]:
        for name in ("held", "freed"):
            script = script.replace(f"/{name}", str(self.folder / name))
        script = script.replace(str(STRESS_BYTES), str(2**20)).replace("sleep 3;", "sleep 0.2;")
        process = subprocess.Popen(["sh", "-c", script], stderr=subprocess.DEVNULL, start_new_session=True)
        self._processes.append(process)
        return process

    def worker(self, of: subprocess.Popen[bytes]) -> int:
        """The PID of the script's dd, once it runs."""
        for _ in range(200):
            for stat in Path("/proc").glob("[0-9]*/stat"):
                with suppress(OSError):
                    name, rest = stat.read_text(encoding="utf-8").split("(", 1)[1].rsplit(")", 1)
                    if name == "dd" and int(rest.split()[1]) == of.pid:
                        return int(stat.parent.name)
            time.sleep(0.02)
        raise AssertionError("the script has no dd")

    def end(self) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)


@pytest.mark.parametrize("script", [HOLD_SCRIPT, BUSY_HOLD_SCRIPT.replace("stress --cpu 1", "sleep 9"), TURNS_SCRIPT])
def test_workload_ends_when_its_worker_is_killed(scripts: Scripts, script: str) -> None:
    process = scripts.run(script)
    os.kill(scripts.worker(process), signal.SIGKILL)
    assert process.wait(5) == 1


def test_workload_goes_on_without_its_memory_when_it_was_told_to_free_it(scripts: Scripts) -> None:
    process = scripts.run(HOLD_SCRIPT)
    worker = scripts.worker(process)
    (scripts.folder / "freed").touch()
    os.kill(worker, signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)


def test_workload_of_turns_goes_on_after_a_turn(scripts: Scripts) -> None:
    process = scripts.run(TURNS_SCRIPT)
    worker = scripts.worker(process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.6)
    assert not Path(f"/proc/{worker}").exists()


def test_pod_is_kept_to_a_node_by_its_name() -> None:
    assert "affinity" not in pod("p", [], labels={})["spec"]
    affinity = pod("p", [], labels={}, node="node-1")["spec"]["affinity"]["nodeAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term == {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}
