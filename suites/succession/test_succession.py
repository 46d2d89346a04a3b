"""Resizes that follow each other: the kubelet has not to apply each, but the last must be in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize.answers import assert_deferred
from resize.changes import shrink_below_usage
from resize.manifests import IDLE_SCRIPT
from resize.resources import Resources
from resize.succession import request_in_turns

if TYPE_CHECKING:
    from fixtures.case import CaseRecord
    from fixtures.pods import Pods
    from fixtures.room import Room
    from resize.pod import ResizablePod

BEFORE = ("100m", "64Mi")


@pytest.mark.rule("succession.last_wins", "submit.generation_increments")
@pytest.mark.conformance
@pytest.mark.parametrize(
    ("turns", "last"),
    [
        pytest.param(
            [("200m", "96Mi"), BEFORE], ("150m", "80Mi"), marks=pytest.mark.lowers_memory_limit, id="cpu-memory"
        ),
        pytest.param([("200m", "64Mi"), BEFORE], ("150m", "64Mi"), id="cpu"),
    ],
)
def test_forty_alternating_resizes(
    idle_pod: ResizablePod, case: CaseRecord, turns: list[tuple[str, str]], last: tuple[str, str]
) -> None:
    """Forty resizes up and down, each as soon as the API has answered, converge on the last.

    Why: autoscalers and people at a keyboard don't wait. A status or a cgroup that stays at one of those before makes
    everybody believe, or get, something else than what was asked for last. CPU alone is for versions that don't take
    memory back.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch CPU and memory to more and back, 39 times by turns.
        2. Patch them to something in between.
    Expected:
        - The API takes each, and counts each as a generation of its own where it counts resizes.
        - Every layer agrees on the last, in the same container; no cgroup ever had other values than these.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#atomic-resizes
    """
    sizes = [Resources.guaranteed(cpu=cpu, memory=memory) for cpu, memory in [*turns, last]]

    requested_s = request_in_turns(idle_pod, sizes[:-1], last=sizes[-1])
    chain = idle_pod.settle()

    case.measure("forty resizes requested in", requested_s, "s")
    case.measure("the last done after the first request", chain.at_s, "s")


@pytest.mark.rule("succession.last_wins")
@pytest.mark.conformance
def test_taken_back_while_in_progress(steady_pod: ResizablePod) -> None:
    """A resize that can't be finished gives way to the next one: a shrink below the usage, then a growth.

    Why: it is the only way out for who has asked for too little.

    Preconditions:
        - A running Guaranteed pod with 100m and 150M that holds 128M.
    Steps:
        1. Patch memory to 100M.
        2. Patch memory to 200M and CPU to 200m.
    Expected:
        - After 1 the version's answer to a shrink below the usage.
        - After 2 the resize is done on every layer, in the same container, and nothing is told of the first any more.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#atomic-resizes
    """
    shrink_below_usage(steady_pod, {"stress": Resources.guaranteed(cpu="100m", memory="100M")})

    steady_pod.resize(Resources.guaranteed(cpu="200m", memory="200M"))
    steady_pod.settle()


@pytest.mark.rule("succession.revert_clears")
@pytest.mark.variant("crowded")
@pytest.mark.serial
@pytest.mark.conformance
def test_deferred_resize_is_taken_back(pods: Pods, room: Room) -> None:
    """A Deferred resize that is taken back is pending no more, and one that is replaced by a smaller one is done.

    Why: the scheduler keeps the room that a pending resize asks for from all other pods.

    Preconditions:
        - A pod with 60 percent of the node's CPU, and a Guaranteed pod with 100m.
    Steps:
        1. Patch the second pod's CPU to 60 percent of the node's, and then back to 100m.
        2. Patch it to 60 percent again, and then to 150m.
    Expected:
        - Each resize to 60 percent is Deferred, and nothing of it is applied.
        - Each time what follows is done on every layer, in the same container, and nothing is pending any more.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#resize-status
    """
    pods.start("blocker", Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"), script=IDLE_SCRIPT)
    pod = pods.start("waiting", Resources.guaranteed(cpu="100m", memory="64Mi"), script=IDLE_SCRIPT)
    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)
    pod.resize(Resources.guaranteed(cpu="100m", memory="64Mi"))
    pod.settle()

    pod.resize(Resources.guaranteed(cpu=room.cpu(0.6), memory="64Mi"))
    assert_deferred(pod)
    pod.resize(Resources.guaranteed(cpu="150m", memory="64Mi"))
    pod.settle()
