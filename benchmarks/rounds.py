"""Both sides by turns on one cluster, several times."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks import e2e, floor, ours

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from benchmarks.cluster import BenchmarkCluster
    from benchmarks.outcome import Outcome
    from clusters.progress import Progress

    class Side(Protocol):
        """One of the two, run once under a label."""

        def __call__(self, ids: Sequence[str], label: str) -> Outcome:
            """Run these cases."""
            ...


@dataclass(slots=True)
class Rounds:
    """What the rounds came to, in order.

    Attributes:
        ids: The cases that were compared; of e2e.test there may be no round.
        left_out: Why the others were not: what failed before the rounds began, by id.
    """

    ids: list[str]
    left_out: dict[str, str] = field(default_factory=dict)
    theirs: list[Outcome] = field(default_factory=list)
    ours: list[Outcome] = field(default_factory=list)
    floors: list[floor.Floor] = field(default_factory=list)

    def leave_out(self, failures: Mapping[str, str], who: str) -> None:
        """Compare the other cases alone."""
        self.left_out |= {case_id: f"{who}: {why}" for case_id, why in failures.items()}
        self.ids = [case_id for case_id in self.ids if case_id not in failures]


def play(
    where: BenchmarkCluster,
    upstream: e2e.E2eTest | None,
    suite: ours.OurSuite,
    names: Mapping[str, str],
    *,
    count: int,
    workers: int,
    warm_up: bool,
    progress: Progress,
) -> Rounds:
    """Run everything.

    Args:
        where: The cluster.
        upstream: One side; None to do without it.
        suite: The other.
        names: The cases, id to what ginkgo calls them.
        count: How many rounds.
        workers: How many of ours work at a time.
        warm_up: Whether each side runs once beforehand, to leave out the cases that one of them can't pass here.
        progress: Where to tell what goes on.
    """

    def run_theirs(upstream: e2e.E2eTest, ids: Sequence[str], label: str) -> Outcome:
        with progress.step(f"{label}: e2e.test, {len(ids)} cases"):
            mark = where.audit.mark()
            done = upstream.run({case_id: names[case_id] for case_id in ids}, f"{label}-e2e")
            return replace(done, requests=len(where.audit.since(mark, e2e.AGENT)))

    def run_ours(ids: Sequence[str], label: str) -> tuple[Outcome, list[list[floor.Step]]]:
        with progress.step(f"{label}: ours, {len(ids)} cases"):
            mark = where.audit.mark()
            done = suite.run(ids, f"{label}-ours", where.record, workers=workers)
            requests = where.audit.since(mark, ours.AGENT)
            return replace(done, requests=len(requests)), floor.script(requests)

    found = Rounds(list(names))
    if warm_up:
        # Ours first: what it finds out in a moment, such as a gate that is off, costs e2e.test minutes.
        found.leave_out(run_ours(found.ids, "warm-up")[0].failures, "this suite")
        if upstream is not None:
            found.leave_out(run_theirs(upstream, found.ids, "warm-up").failures, "e2e.test")
    for label in (f"round-{number}" for number in range(1, count + 1)):
        if upstream is not None:
            found.theirs.append(run_theirs(upstream, found.ids, label))
        outcome, steps = run_ours(found.ids, label)
        found.ours.append(outcome)
        with progress.step(f"{label}: the floor"):
            found.floors.append(floor.replay(where.record.kubeconfig, steps, at_a_time=workers))
    return found
