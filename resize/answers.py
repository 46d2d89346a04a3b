"""What a version answers to a resize that it does not simply grant: refusals, Infeasible, Deferred, errors.

Which answer is right is data (:mod:`resize.behaviour`); here stands how each kind of answer is recognized.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resize.chain import Chain, Mismatch
from resize.observer import ConformanceError
from resize.runtime_trouble import momentary

if TYPE_CHECKING:
    from resize.pod import ResizablePod
    from resize.sent import Submitted

#: The kubelet answers a new spec within a sync, which the new spec itself brings about.
ANSWER_DEADLINE_S = 15.0
#: An error of the node's is told on the pod's next sync, which may be a minute and a half away.
NEXT_SYNC_DEADLINE_S = 100.0
#: How long a resize that is not granted is watched for doing nothing.
HOLDS_FOR_S = 2.0


def assert_refused(
    pod: ResizablePod,
    submitted: Submitted,
    *,
    message: re.Pattern[str] | None,
    http_code: int | None,
    cause: str | None = None,
    settled: bool = True,
) -> None:
    """Check that the API refused a resize in the version's words, and that nothing changed anywhere.

    Args:
        pod: The pod.
        submitted: The request and its answer.
        message: What the refusal must say.
        http_code: Its code.
        cause: The reason of one of its causes.
        settled: Whether no resize from before is waiting.

    Raises:
        ConformanceError: It was accepted, or refused otherwise, or something changed.
    """
    __tracebackhide__ = True
    error = submitted.error
    wanted = f"HTTP {http_code}" + (f" with cause {cause}" if cause else "")
    wanted += f" and a message like {message.pattern!r}" if message else ""
    if error is None:
        raise ConformanceError(pod.observer.describe(f"The API accepted the resize; expected {wanted}.", None, []))
    causes = [entry.get("reason", "") for entry in error.causes]
    if (
        error.status != http_code
        or (message is not None and message.search(error.message) is None)
        or (cause is not None and cause not in causes)
    ):
        told = f"The API refused the resize with: {error} (causes: {', '.join(causes) or 'none'}); expected {wanted}."
        raise ConformanceError(pod.observer.describe(told, None, []))
    pod.unchanged(settled=settled)


def assert_qos_change_refused(pod: ResizablePod, submitted: Submitted) -> None:
    """Check the refusal of a resize that would change the pod's QoS class."""
    __tracebackhide__ = True
    right = pod.behaviour.qos_change
    assert_refused(pod, submitted, message=right.message, http_code=right.http_code)


def assert_over_capacity(pod: ResizablePod, submitted: Submitted) -> None:
    """Check the answer to more than the node has: a refusal with a cause, or Infeasible; and that nothing else happens.

    Raises:
        ConformanceError: The answer is another, or the pod was touched, moved or evicted.
    """
    __tracebackhide__ = True
    right = pod.behaviour.over_capacity
    before = pod.view
    if right.answer == "forbidden-403":
        assert_refused(pod, submitted, message=right.message, http_code=right.http_code, cause=right.cause)
    else:
        until_state(pod, "Infeasible", message=right.message if right.answer == "infeasible-condition" else None)
        if right.event is not None:
            until_event(pod, right.event, right.message)
        pod.unchanged(for_s=HOLDS_FOR_S, settled=False)
    after = pod.view
    told = f"pod {after.uid} on node {after.node_name}, phase {after.phase}"
    right_place = f"pod {before.uid} on node {before.node_name}, phase Running"
    if told != right_place:
        raise ConformanceError(pod.observer.describe(f"There is now {told}; expected {right_place}.", None, []))


def until_state(
    pod: ResizablePod, word: str, *, message: re.Pattern[str] | None = None, deadline_s: float = ANSWER_DEADLINE_S
) -> Chain:
    """Wait until the pod says ``word`` about its resize: Deferred, Infeasible, Error, InProgress.

    Args:
        pod: The pod.
        word: See :attr:`resize.podview.ResizeState.word`.
        message: What the condition's message must contain, where this version has one.
        deadline_s: How long from now.

    Raises:
        ConformanceError: It did not, or it has finished the resize.
    """
    __tracebackhide__ = True
    wants_generation = pod.behaviour.status.observed_generation

    def goal(chain: Chain) -> list[Mismatch]:
        state = chain.pod.resize
        found = []
        # The newest object may be the one from before the request, with the word on another resize.
        older = [c for c in chain.pod.all_containers if c.spec != pod.wanted.get(c.name, c.spec)]
        if older:
            return [Mismatch(f"spec of {c.name}", c.spec.describe(), pod.wanted[c.name].describe()) for c in older]
        if state.word != word:
            found.append(Mismatch("resize state", str(state), word))
        elif message is not None and message.search(state.message) is None:
            found.append(Mismatch("message of the condition", state.message, f"like {message.pattern!r}"))
        elif wants_generation:
            condition = state.pending or state.in_progress
            if condition is not None and condition.observed_generation != chain.pod.generation:
                seen = str(condition.observed_generation)
                found.append(Mismatch("observedGeneration of the condition", seen, str(chain.pod.generation)))
        return found

    return pod.observer.wait(
        goal,
        what=f"pod {pod.name} says {word}",
        deadline_s=deadline_s,
        expected=pod.expected(settled=False),
    )


def until_taken_up(pod: ResizablePod) -> Chain:
    """Wait until the node has taken a resize up but not finished it.

    Raises:
        ConformanceError: It has not.
    """
    __tracebackhide__ = True

    def goal(chain: Chain) -> list[Mismatch]:
        word = chain.pod.resize.word
        return [] if word in {"InProgress", "Error"} else [Mismatch("resize state", word, "InProgress or Error")]

    return pod.observer.wait(goal, what=f"resize of pod {pod.name} taken up", deadline_s=ANSWER_DEADLINE_S)


def assert_deferred(pod: ResizablePod) -> None:
    """Check that the pod's resize is Deferred, in the version's words, and that nothing is applied meanwhile."""
    __tracebackhide__ = True
    right = pod.behaviour.deferred
    until_state(pod, "Deferred", message=right.message if pod.behaviour.status.surface == "conditions" else None)
    if right.event is not None:
        until_event(pod, right.event, right.event_message)
    pod.unchanged(for_s=HOLDS_FOR_S, settled=False)


def assert_shrink_held_back(pod: ResizablePod) -> None:
    """Check what happens to a memory limit below the usage: told as the version tells it, and not applied."""
    __tracebackhide__ = True
    right = pod.behaviour.memory_shrink
    if right.event is not None:
        # A kubelet that has no figures of the pod at this moment says so first, and looks again with the next sync
        # (seen on 1.37.2 beside two busy loops: "unable to read memory usage for pod").
        until_event(pod, right.event, right.event_message, deadline_s=NEXT_SYNC_DEADLINE_S)
    if right.below_usage == "in-progress-error":
        until_state(pod, "Error", message=right.message, deadline_s=NEXT_SYNC_DEADLINE_S)
    else:
        until_state(pod, "InProgress")
    expected = pod.expected(settled=False)
    pod.observer.holds(
        expected.cgroup_mismatches, what=f"cgroups of pod {pod.name} unchanged", for_s=HOLDS_FOR_S, expected=expected
    )
    for view in pod.view.containers:
        if (view.state, view.restart_count) != ("running", 0):
            told = (
                f"Container {view.name} is {view.state} after {view.restart_count} restarts; it must go on undisturbed."
            )
            raise ConformanceError(pod.observer.describe(told, expected, []))


def assert_answer_shows_proposed(pod: ResizablePod, *, generation_before: int) -> None:
    """Check how a finished resize was acknowledged: by status.resize, or by the pod's generation.

    Raises:
        ConformanceError: It was not.
    """
    __tracebackhide__ = True
    view = pod.view
    if pod.behaviour.status.proposed:
        words = [mark.text for mark in pod.timelines[-1].timeline.marks if mark.kind == "resize-state"]
        # The kubelet's report of the pod's start, if it is still under way, takes "Proposed" away for a moment
        # (kubernetes#128993; seen 1.2 s after the request on a busy 1.30.14): what comes next counts.
        if [word for word in words if word != "none"][:2] != ["Proposed", "InProgress"] or words[0] == "none":
            told = f"status.resize was first {words[:3]}; expected Proposed, then InProgress"
            raise ConformanceError(pod.observer.describe(told, None, []))
    if pod.behaviour.submit.generation_increments and view.generation != generation_before + 1:
        told = f"metadata.generation is {view.generation}; expected one more than {generation_before}"
        raise ConformanceError(pod.observer.describe(told, None, []))
    if pod.behaviour.status.observed_generation and view.observed_generation != view.generation:
        told = f"status.observedGeneration is {view.observed_generation}; expected {view.generation}"
        raise ConformanceError(pod.observer.describe(told, None, []))


def assert_infeasible(pod: ResizablePod, message: re.Pattern[str] | None) -> None:
    """Check that the node calls the resize Infeasible, and that nothing else happens.

    Args:
        pod: The pod.
        message: What the condition must say, on versions that tell it by one.

    Raises:
        ConformanceError: It says something else, or something was applied.
    """
    __tracebackhide__ = True
    until_state(pod, "Infeasible", message=message if pod.behaviour.status.surface == "conditions" else None)
    pod.unchanged(for_s=HOLDS_FOR_S, settled=False)


def assert_static_cpu_answer(pod: ResizablePod) -> None:
    """Check what a node with the static CPU manager policy does with a CPU resize of a Guaranteed pod."""
    __tracebackhide__ = True
    right = pod.behaviour.static_cpu_manager
    if right.refuses == "nothing":
        pod.settle()
        return
    assert_infeasible(pod, right.message)


def assert_shrink_explained(pod: ResizablePod) -> None:
    """Check that the pod's status says why a memory limit below the usage is not applied.

    Raises:
        ConformanceError: It does not, at once where this version's status has no place for a reason.
    """
    __tracebackhide__ = True
    until_taken_up(pod)
    if pod.behaviour.status.surface == "resize-field":
        told = f"status.resize is {pod.view.resize.field}, and nothing in the status tells why"
        raise ConformanceError(pod.observer.describe(told, pod.expected(settled=False), []))
    until_state(pod, "Error", message=pod.behaviour.memory_shrink.message, deadline_s=NEXT_SYNC_DEADLINE_S)


def assert_own_usage_told(pod: ResizablePod, container: str) -> None:
    """Check that a container whose memory limit is not lowered is told of with its own usage.

    What that is in bytes changes all the time, but it can't be above the limit that the container still has.

    Raises:
        ConformanceError: It is, or nothing is told of the container.
    """
    __tracebackhide__ = True
    told = re.compile(rf'container \\?"{re.escape(container)}\\?" memory limit \(\d+\) below current usage \((\d+)\)')
    chain = until_state(pod, "Error", message=told, deadline_s=NEXT_SYNC_DEADLINE_S)
    found = told.search(chain.pod.resize.message)
    assert found is not None, "until_state() saw it"
    usage_bytes, limit_bytes = int(found[1]), pod.actual[container].memory_limit_bytes
    assert limit_bytes is not None, "a container without a memory limit"
    if usage_bytes > limit_bytes:
        what = f"the usage that is told of container {container} is {usage_bytes} bytes, more than its limit"
        raise ConformanceError(pod.observer.describe(f"{what} of {limit_bytes} bytes: {found[0]}", None, []))


def until_event(
    pod: ResizablePod, reason: str, message: re.Pattern[str] | None = None, *, deadline_s: float = ANSWER_DEADLINE_S
) -> None:
    """Wait until the pod has an event of this reason whose message matches.

    Raises:
        ConformanceError: It does not come.
    """
    __tracebackhide__ = True

    def goal(_: Chain) -> list[Mismatch]:
        seen = [event for event in pod.observer.events if event["reason"] == reason]
        if any(message is None or message.search(event["message"]) for event in seen):
            return []
        told = "; ".join(event["message"] for event in seen) or "none"
        return [Mismatch(f"events of reason {reason}", told, f"like {message.pattern!r}" if message else "one")]

    pod.observer.wait(goal, what=f"event {reason} of pod {pod.name}", deadline_s=deadline_s)


def assert_events(pod: ResizablePod, *reasons: str) -> None:
    """Check that a finished resize was told of by those of ``reasons`` that the version has, and by no other event.

    Raises:
        ConformanceError: One of them is missing, or there is one too many.
    """
    __tracebackhide__ = True
    right = [reason for reason in reasons if reason in pod.behaviour.events.reasons]
    for reason in right:
        until_event(pod, reason)
    seen = {event["reason"] for event in pod.observer.events if event["reason"].startswith("Resize")}
    if "ResizeError" in seen - set(right) and _failed_for_a_moment(pod):
        seen.remove("ResizeError")
    if seen != set(right):
        told = f"events about the resize: {', '.join(sorted(seen)) or 'none'}; expected: {', '.join(right) or 'none'}"
        raise ConformanceError(pod.observer.describe(told, None, []))


def _failed_for_a_moment(pod: ResizablePod) -> bool:
    """Whether the runtime's own troubles explain every error of a resize that is done by now; the report shows them."""
    errors = [event for event in pod.observer.events if event["reason"] == "ResizeError"]
    troubles = momentary(errors, *pod.observer.layout)
    for trouble in troubles:
        pod.observer.note(f"the runtime failed for a moment, {trouble.text}: {trouble.cause} ({trouble.link})")
    return len(troubles) == len(errors)
