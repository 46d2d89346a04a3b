from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clusters.local import diagnosis

if TYPE_CHECKING:
    from pathlib import Path


def _explain(tmp_path: Path, text: str, code: int | None = 1) -> str:
    log = tmp_path / "kubelet.log"
    log.write_text(text, encoding="utf-8")
    return diagnosis.explain("kubelet", code, log)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("listen tcp 10.244.0.1:10250: bind: address already in use", "holds the port"),
        ("running with swap on is not supported, please disable swap", "swap"),
        ("kubelet is configured to not run on a host using cgroup v1", "boot the host with cgroup v2"),
        ("runc create failed: can't get final child's PID from pipe: EOF", "CAP_SYS_RESOURCE"),
        ("failed to find subsystem mount for required subsystem: memory", "controller is missing"),
        ('invalid argument "X=true" for "--feature-gates" flag: unrecognized feature gate: X', "--feature-gates"),
        ("cannot set feature gate InPlacePodVerticalScaling to false, feature is locked to true", "locked"),
        ("Error: unknown flag: --pod-infra-container-image", "does not know a setting"),
        ('strict decoding error: unknown field "failCgroupV1"', "does not know a setting"),
        ("quantities must match the regular expression", "does not take"),
        ("write /var/lib/x: no space left on device", "disk is full"),
        ("too many open files", "fs.inotify"),
        ("mount: operation not permitted", "needs root"),
        ("fork/exec /run/node/bin/runc: exec format error", "another architecture"),
        ("error while loading shared libraries: libseccomp.so.2: cannot open shared object", "shared library"),
    ],
)
def test_causes(tmp_path: Path, line: str, cause: str) -> None:
    told = _explain(tmp_path, f"I1123 starting\n{line}\n")
    assert cause in told.splitlines()[1]
    assert line in told


def test_unknown_cause_points_to_the_log(tmp_path: Path) -> None:
    told = _explain(tmp_path, "it was a dark night\n")
    assert "not known; read the log" in told
    assert str(tmp_path / "kubelet.log") in told


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(3, "ended with exit code 3"), (-9, "was ended by signal 9"), (None, "is running but not ready")],
)
def test_outcome(tmp_path: Path, code: int | None, outcome: str) -> None:
    assert _explain(tmp_path, "", code).splitlines()[0] == f"kubelet {outcome}."


def test_a_panic_comes_before_the_end_of_its_stack(tmp_path: Path) -> None:
    stack = "\n".join(f"goroutine {number}" for number in range(100))
    told = _explain(tmp_path, f"fine so far\npanic: runtime error: nil map\n{stack}\n")
    assert "panic: runtime error: nil map" in told
    assert "goroutine 99" not in told


def test_only_the_end_of_a_long_log_is_told(tmp_path: Path) -> None:
    told = _explain(tmp_path, "\n".join(f"line {number}" for number in range(1000)))
    assert "line 999" in told
    assert len(told.splitlines()) < diagnosis.TAIL_LINES + 6


def test_no_log_at_all(tmp_path: Path) -> None:
    assert "(nothing)" in diagnosis.explain("etcd", -9, tmp_path / "none.log")


def test_causes_are_looked_for_in_what_is_told(tmp_path: Path) -> None:
    early = "address already in use\n" + "\n".join(f"later {number}" for number in range(diagnosis.TAIL_LINES))
    assert "not known" in _explain(tmp_path, early)


def test_what_is_said_again_and_again_hides_nothing(tmp_path: Path) -> None:
    said = [
        f'E1126 01:38:{second:02d}.580678      86 kubelet.go:3596] "not registered yet" pod="p{second}"'
        for second in range(60)
    ]
    told = _explain(tmp_path, "\n".join(['E1126 01:37:59.1      86 kubelet_node_status.go:107] "forbidden"', *said]))
    assert '"forbidden"' in told
    assert 'pod="p59"   (and 59 times before)' in told
    assert 'pod="p58"' not in told


def test_what_a_kubelet_can_do_without_is_no_cause(tmp_path: Path) -> None:
    told = _explain(tmp_path, 'err="failed to apply oom score -999 to PID 47: write it: permission denied"\n')
    assert "not known" in told
