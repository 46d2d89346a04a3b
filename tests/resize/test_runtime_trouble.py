"""Which errors of a resize are a runtime's own, and which are not."""

from __future__ import annotations

import pytest

from resize.cgroup_paths import CgroupDriver, CgroupVersion
from resize.runtime_trouble import momentary

FREEZE = {
    "reason": "ResizeError",
    "message": 'Pod resize error: {"error":"runc did not terminate successfully: exit status 1: unable to freeze"}',
}
SHRINK = {"reason": "ResizeError", "message": "attempting to set container memory limit below current usage"}


@pytest.mark.parametrize(
    ("version", "driver", "explained"), [("v1", "systemd", 1), ("v1", "cgroupfs", 0), ("v2", "systemd", 0)]
)
def test_runc_that_can_not_freeze(version: CgroupVersion, driver: CgroupDriver, explained: int) -> None:
    assert len(momentary([FREEZE], version, driver)) == explained


def test_another_error_stays_one() -> None:
    assert len(momentary([FREEZE, SHRINK], "v1", "systemd")) == 1
