"""Which provider and which platforms a run gets."""

from __future__ import annotations

import pytest

from clusters.contract import ClusterError
from clusters.local import host as own_host
from clusters.platforms import choose_platforms, choose_provider
from clusters.requirement import Requirement
from clusters.variants import Platform

ROOT = Requirement("root", ok=False, detail="this user is not root", remedy="sudo make")
SLOW = Requirement("oom_score_adj", ok=False, detail="no CAP_SYS_RESOURCE", needed=False)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> list[Requirement]:
    """What a host with cgroup v1 lacks."""
    lacks = [SLOW]
    monkeypatch.setattr(own_host, "requirements", lambda: lacks)
    monkeypatch.setattr(own_host, "cgroup_version", lambda: "v1")
    return lacks


def test_host_where_it_can_be(host: list[Requirement]) -> None:
    assert choose_platforms([], []) == ([Platform("host", "v1")], "on this host's own kernel, with its cgroup v1")


def test_user_mode_without_root(host: list[Requirement]) -> None:
    host.append(ROOT)
    found, why = choose_platforms([], [])
    assert found == [Platform("uml", "v2")]
    assert why == "in User-Mode Linux, as this host's own kernel can't be used: this user is not root"


def test_user_mode_for_the_other_cgroup_version(host: list[Requirement]) -> None:
    found, why = choose_platforms([], ["v2"])
    assert found == [Platform("uml", "v2")]
    assert "this host has cgroup v1 and --cgroup asks for v2" in why


def test_user_mode_for_both_cgroup_versions(host: list[Requirement]) -> None:
    found, _ = choose_platforms([], ["v1", "v2"])
    assert found == [Platform("uml", "v1"), Platform("uml", "v2")]


def test_user_mode_for_several_nodes(host: list[Requirement]) -> None:
    found, why = choose_platforms([], [], count=2)
    assert (found, why) == ([Platform("uml", "v2")], "in User-Mode Linux, as clusters of several nodes are")
    with pytest.raises(ClusterError, match="on the host's own kernel a cluster has just one node"):
        choose_platforms(["host"], [], count=2)


def test_no_version_that_is_asked_for_is_left_out(host: list[Requirement]) -> None:
    with pytest.raises(ClusterError, match="--node host has cgroup v1 here, and --cgroup asks for v1, v2"):
        choose_platforms(["host"], ["v1", "v2"])


def test_what_is_asked_for_is_not_questioned(host: list[Requirement]) -> None:
    host.append(ROOT)
    found, _ = choose_platforms(["host", "uml"], ["v1", "v2"])
    assert found == [Platform("host", "v1"), Platform("uml", "v1"), Platform("uml", "v2")]


def test_host_has_its_own_cgroup_version_only(host: list[Requirement]) -> None:
    with pytest.raises(ClusterError, match="--node host has cgroup v1 here, and --cgroup asks for v2"):
        choose_platforms(["host"], ["v2"])


def test_provider() -> None:
    assert choose_provider("auto") == ("local", "local, the first that works here")
    assert choose_provider("local") == ("local", "local, as --cluster asks for")
