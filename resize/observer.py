"""Waiting on one pod under observation: on the watch's newest object and the node's newest cgroup readings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from clusters.contract import ClusterError, NoNodeAccessError
from resize.account import account
from resize.cgroup_paths import detect_driver
from resize.chain import Chain, ExpectedChain, Mismatch
from resize.following import PodFollower

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from resize.cgroup import CgroupReader, CgroupReading
    from resize.cgroup_paths import CgroupDriver, CgroupVersion
    from resize.sampler import CgroupSampler


class ConformanceError(AssertionError):
    """The cluster does not do what it should. The message shows the chain, the expectation and the history."""


class GoneError(ConformanceError):
    """The pod was deleted under the case's feet."""


class PodObserver(PodFollower):
    """Waits on what is seen of one pod until closed. Every wait returns the reading that satisfied it."""

    def require_cgroups(self) -> None:
        """Go on only where cgroups can be read.

        Raises:
            NoNodeAccessError: They can't.
        """
        _ = self._cgroups

    def reader(self, container: str) -> CgroupReader:
        """The cgroup reader of a running container.

        Raises:
            ConformanceError: The container does not run.
            NoNodeAccessError: The node's files can't be read.
        """
        found = self._cgroups.reader(container)
        if found is None:
            raise ConformanceError(f"container {container} of pod {self.name} does not run")
        return found

    def pod_cgroup(self) -> CgroupReading | None:
        """The pod's cgroup as it is at this moment; None where no container of it runs.

        Raises:
            NoNodeAccessError: The node's files can't be read.
        """
        readers = (
            self._cgroups.reader(container.name) for container in (self._view.all_containers if self._view else ())
        )
        return next((reader.read("pod") for reader in readers if reader is not None), None)

    @property
    def layout(self) -> tuple[CgroupVersion, CgroupDriver]:
        """The node's cgroup version and driver, as the pod's containers show them.

        Raises:
            ConformanceError: No container of the pod was ever seen running.
            NoNodeAccessError: The node's files can't be read.
        """
        paths = self._cgroups.paths
        if paths is None:
            raise ConformanceError(f"no container of pod {self.name} was ever seen running")
        return paths.version, detect_driver(paths)

    @property
    def _cgroups(self) -> CgroupSampler:
        if self._sampler is None:
            raise NoNodeAccessError(f"no node access: the cgroups of pod {self.name} can't be read")
        return self._sampler

    @property
    def pod_object(self) -> dict[str, Any] | None:
        """The newest pod object, as the API gave it."""
        return self._object

    def chain(self) -> Chain:
        """The newest reading of every layer.

        Raises:
            ConformanceError: The watch has brought nothing yet.
        """
        with self._changed:
            return self._chain()

    def wait(
        self,
        goal: Callable[[Chain], list[Mismatch]],
        *,
        what: str,
        deadline_s: float,
        stop: Callable[[Chain], str | None] = lambda _: None,
        stable_s: float = 0.0,
        expected: ExpectedChain | None = None,
    ) -> Chain:
        """Wait until ``goal`` is reached and has held for ``stable_s``.

        Args:
            goal: Tells what is still wrong about a reading.
            what: What is waited for, for the message.
            deadline_s: How long from now.
            stop: Tells why the goal can't be reached any more, or None while it can.
            stable_s: How long every reading must satisfy the goal.
            expected: For the message: what the layers should say.

        Returns:
            The reading that satisfied the goal.

        Raises:
            ConformanceError: The deadline passed, or ``stop`` gave a reason.
            ApiUnreachableError: The API server went away.
            ClusterError: The cgroups are not read any more.
        """
        __tracebackhide__ = True
        begun = time.monotonic()
        since: float | None = None
        with self._changed:
            while True:
                now = time.monotonic()
                if self._failure is not None:
                    raise self._failure
                mismatches = [Mismatch("pod", "not seen by the watch yet", "there")]
                if self._view is not None:
                    chain = self._chain()
                    if self._deleted:
                        raise GoneError(self._account(f"Pod {self.name} was deleted before {what}.", expected, []))
                    mismatches = goal(chain)
                    since = (since or now) if not mismatches else None
                    if since is not None and now - since >= stable_s:
                        if stable_s:
                            self._require_fresh(what)
                        return chain
                    reason = stop(chain) if mismatches else None
                    if reason is not None:
                        self._require_fresh(what, mismatches)
                        headline = f"{what}: can't come true any more after {now - begun:.1f} s: {reason}"
                        raise ConformanceError(self._account(headline, expected, mismatches))
                left = begun + deadline_s - now
                if left <= 0:
                    self._require_fresh(what, mismatches)
                    layers = ", ".join(dict.fromkeys(mismatch.layer for mismatch in mismatches))
                    headline = f"{what}: not within {deadline_s:.0f} s. Wrong: {layers or 'nothing, but not for long'}."
                    raise ConformanceError(self._account(headline, expected, mismatches))
                self._changed.wait(left if since is None else min(left, since + stable_s - now + 0.001))

    def _require_fresh(self, what: str, mismatches: Sequence[Mismatch] | None = None) -> None:
        """Judge nothing, of cgroups, by readings that nobody renews."""
        if self._sampler is None or not (mismatches is None or any("cgroup" in each.layer for each in mismatches)):
            return
        stalled = self._sampler.stalled()
        if stalled is not None:
            raise ClusterError(f"{what}: nothing can be said of it, as {stalled}")

    def holds(
        self,
        goal: Callable[[Chain], list[Mismatch]],
        *,
        what: str,
        for_s: float,
        expected: ExpectedChain | None = None,
    ) -> Chain:
        """Watch that ``goal`` stays true for ``for_s``; the first reading that breaks it ends the wait.

        Raises:
            ConformanceError: The goal was not, or did not stay, true.
        """
        __tracebackhide__ = True
        return self.wait(
            goal,
            what=what,
            deadline_s=for_s + 1.0,
            stable_s=for_s,
            stop=lambda _: "it did not hold",
            expected=expected,
        )

    def describe(self, headline: str, expected: ExpectedChain | None, mismatches: list[Mismatch]) -> str:
        """A failure's message about the newest reading."""
        with self._changed:
            return self._account(headline, expected, mismatches)

    def _account(self, headline: str, expected: ExpectedChain | None, mismatches: list[Mismatch]) -> str:
        if self._view is None:
            return f"{headline} Pod {self.name} was never seen."
        marks = self._recorder.timeline.marks if self._recorder else []
        return account(headline, self._chain(), expected, mismatches, marks)

    def _chain(self) -> Chain:
        if self._view is None:
            raise ConformanceError(f"pod {self.name} has not been seen yet")
        began = self._recorder.began if self._recorder else self._began
        return Chain(
            at_s=time.monotonic() - began,
            pod=self._view,
            container_cgroups={c.name: self._readings.get(c.name) for c in self._view.all_containers},
            pod_cgroup=self._readings.get(None),
            node_access=self.sees_cgroups,
        )
