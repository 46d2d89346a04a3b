from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from resize import inside
from resize.observer import ConformanceError
from resize.resources import Resources
from tests.resize.observed_pod import OLD, ObservedPod

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LIMITS = Resources(cpu_limit_milli=100, memory_limit_bytes=64 * 2**20)


class Commands:
    """Answers each kubectl exec by the text for its last word, and remembers the commands."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts
        self.asked: list[str] = []

    def exec(self, _pod: str, command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.asked.append(command[-1])
        known = [text for part, text in self.texts.items() if part in command[-1].replace("/", "_")]
        return subprocess.CompletedProcess(command, int(not known), known[0] if known else "", "no such file")


@pytest.fixture
def observed() -> Iterator[ObservedPod]:
    made = ObservedPod("1.37")
    made.run()
    yield made
    made.close()


def test_limits_by_each_way(observed: ObservedPod) -> None:
    environment: Any = Commands(environ="HOME=/\0CPU_LIMIT=100\0MEMORY_LIMIT=67108864\0")
    assert inside.variables(environment, observed.pod) == LIMITS
    folder: Any = Commands(CPU_LIMIT="100", MEMORY_LIMIT="67108864")
    assert inside.files(folder, observed.pod) == LIMITS
    own: Any = Commands(sys="10000 100000\n67108864\n")
    assert inside.own_limits(own, observed.pod) == LIMITS
    assert inside.limits_of(OLD) == LIMITS


def test_files_that_do_not_follow(observed: ObservedPod) -> None:
    right: Any = Commands(CPU_LIMIT="100", MEMORY_LIMIT="67108864")
    inside.assert_files_follow(right, observed.pod)
    assert '"100 67108864"' in right.asked[0]
    old: Any = Commands(CPU_LIMIT="50", MEMORY_LIMIT="67108864")
    with pytest.raises(ConformanceError, match="the files have cpu -/50m, memory -/64Mi; expected cpu -/100m"):
        inside.assert_files_follow(old, observed.pod)


def test_a_command_that_fails(observed: ObservedPod) -> None:
    nothing: Any = Commands()
    with pytest.raises(ConformanceError, match="cat /proc/1/environ in pod idle: no such file"):
        inside.variables(nothing, observed.pod)


def test_manifests() -> None:
    names = {"CPU_LIMIT", "MEMORY_LIMIT"}
    assert {entry["name"] for entry in inside.with_variables({})["env"]} == names
    items = inside.volume("stress")["downwardAPI"]["items"]
    assert {item["path"] for item in items} == names
    assert all(item["resourceFieldRef"]["containerName"] == "stress" for item in items)
    assert inside.with_files({})["volumeMounts"][0]["mountPath"] == inside.FOLDER
