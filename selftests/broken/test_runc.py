"""A node whose runc does something else than it was told when a container is updated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from selftests.broken.cases import (
    FRESH_POD,
    LIMITS_ONLY,
    MEMORY_DOWN,
    NO_RESTART,
    RESTART_ON_BOTH,
    RESTART_ON_CPU_ALONE,
    UP,
)
from selftests.broken.wrappers import (
    UPDATE_DOUBLES_THE_QUOTA,
    UPDATE_FAILS,
    UPDATE_IGNORED,
    UPDATE_KILLS_THE_CONTAINER,
    runc_whose_update,
)

if TYPE_CHECKING:
    from selftests.broken.conftest import RunWith

pytestmark = pytest.mark.timeout(180)

QUOTA_FILE = r"/cpu\.(cfs_quota_us|max \(quota\))"
MEMORY_FILE = r"/memory\.(limit_in_bytes|max)"


def test_update_is_ignored(run_with: RunWith) -> None:
    """The runtime reports success, and so does the pod, but the container's cgroup keeps its values.

    Resizes without a restart must fail with the file that is wrong, its value and the right one, and without a word
    against the pod's cgroup, which the kubelet writes itself. Resizes by a restart and refused ones pass.
    """
    expected = {
        UP: "violation",
        RESTART_ON_CPU_ALONE: "violation",
        RESTART_ON_BOTH: "conformant",
        LIMITS_ONLY: "conformant",
        FRESH_POD: "conformant",
    }

    found = run_with("runc", runc_whose_update(UPDATE_IGNORED), expected)

    assert found.verdicts == expected
    assert found.exit_code == 1
    assert found.case(UP).reason.endswith("Wrong: container cgroup of stress.")
    assert re.search(
        rf"container cgroup of stress: .*{QUOTA_FILE} is 10000 us, accepted: 30000 us", found.case(UP).message
    )
    assert re.search(
        rf"container cgroup of stress: .*{MEMORY_FILE} is 149999616 bytes, accepted: 249999360 bytes",
        found.case(UP).message,
    )
    policy = found.case(RESTART_ON_CPU_ALONE)
    assert policy.reason.endswith("Wrong: container cgroup of stress.")
    assert re.search(rf"{MEMORY_FILE} is 67108864 bytes, accepted: 100663296 bytes", policy.message)
    assert not re.search(QUOTA_FILE, policy.message), "the CPU was not resized"


def test_update_writes_twice_the_quota(run_with: RunWith) -> None:
    """The container gets twice the CPU that it was granted; its memory and its status are right.

    Every resize without a restart must fail for its quota alone, a shrink of memory too: all values are written anew.
    """
    expected = {
        UP: "violation",
        MEMORY_DOWN: "violation",
        RESTART_ON_BOTH: "conformant",
        LIMITS_ONLY: "conformant",
    }

    found = run_with("runc", runc_whose_update(UPDATE_DOUBLES_THE_QUOTA), expected)

    assert found.verdicts == expected
    assert found.exit_code == 1
    layers = {"v1": "container cgroup of stress, pod cgroup", "v2": "container cgroup of stress"}
    for case, wrong_us, right_us in ((UP, 60000, 30000), (MEMORY_DOWN, 20000, 10000)):
        assert found.case(case).reason.endswith(f"Wrong: {layers[str(found.cgroup_version)]}.")
        message = found.case(case).message
        assert re.search(
            rf"container cgroup of stress: .*{QUOTA_FILE} is {wrong_us} us, accepted: {right_us} us", message
        )
        assert not re.search(MEMORY_FILE, message), "the memory is right"


def test_update_restarts_the_container(run_with: RunWith) -> None:
    """The container ends on every update, and the kubelet starts it again.

    Resizes that must not restart it fail as soon as it is seen, with both container IDs; a restart that the policy
    wants is none of them.
    """
    expected = {
        UP: "violation",
        NO_RESTART: "violation",
        RESTART_ON_BOTH: "conformant",
        LIMITS_ONLY: "conformant",
    }

    found = run_with("runc", runc_whose_update(UPDATE_KILLS_THE_CONTAINER), expected)

    assert found.verdicts == expected
    assert found.exit_code == 1
    for case in (found.case(UP), found.case(NO_RESTART)):
        assert re.search(r"container stress was restarted [1-9]\d* times", case.reason)
        assert re.search(r"restartCount of stress: [1-9]\d*; expected 0", case.message)
        ids = re.search(r"containerID of stress: (\w{12}); expected (\w{12})", case.message)
        assert ids is not None
        assert ids[1] != ids[2]


def test_update_fails(run_with: RunWith) -> None:
    """The runtime refuses every update, and says why.

    Its words must be in the message, from the condition and from the event.
    """
    expected = {UP: "violation", RESTART_ON_BOTH: "conformant", LIMITS_ONLY: "conformant"}

    found = run_with("runc", runc_whose_update(UPDATE_FAILS), expected)

    assert found.verdicts == expected
    assert found.exit_code == 1
    case = found.case(UP)
    assert "resize state" in case.reason
    assert re.search(r"resize state: PodResizeInProgress Error \(.*runc did not .*broken on purpose", case.message)
    assert re.search(r"event +ResizeError: .*broken on purpose", case.message)
