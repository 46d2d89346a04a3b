"""The real kubectl of the cluster's version: for ``top`` and ``exec``, whose output people know."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tenacity

from clusters.contract import NoNodeAccessError
from resize.observer import ConformanceError
from resize.quantity import cpu_milli, memory_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: metrics-server scrapes every 10 s, the kubelet measures every 10 s, and a figure is a mean between two scrapes:
#: three rounds until it is all new.
TOP_DEADLINE_S = 90.0
TOP_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Usage:
    """One line of ``kubectl top pod``."""

    cpu_milli: int
    memory_bytes: int


class _NotYetError(Exception):
    """The figures are not there, or not yet as they should be."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl for one namespace."""

    binary: str
    kubeconfig: str
    namespace: str

    def run(self, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run kubectl; what it says and how it ends is the caller's to judge."""
        command = [self.binary, f"--kubeconfig={self.kubeconfig}", f"--namespace={self.namespace}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)

    def exec(self, pod: str, command: Sequence[str], *, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a command in a pod's only container.

        Raises:
            NoNodeAccessError: This user may not.
        """
        done = self.run("exec", pod, "--", *command, timeout_s=timeout_s)
        if done.returncode != 0 and "is forbidden" in done.stderr and "pods/exec" in done.stderr:
            raise NoNodeAccessError(f"no node access: {done.stderr.strip()}")
        return done

    def top(self, pod: str) -> Usage | None:
        """What ``kubectl top pod`` shows now; None while there are no figures for the pod."""
        done = self.run("top", "pod", pod, "--no-headers")
        words = done.stdout.split()
        return Usage(cpu_milli(words[1]), memory_bytes(words[2])) if done.returncode == 0 and len(words) == 3 else None

    def until_top(
        self, pod: str, right: Callable[[Usage], bool], *, what: str, on_usage: Callable[[Usage], None]
    ) -> Usage:
        """Ask ``kubectl top pod`` until it shows what it should.

        Args:
            pod: The pod's name.
            right: Whether a line is as it should be.
            what: What it should be, for the message.
            on_usage: Told of each new line.

        Returns:
            The first line that is right.

        Raises:
            ConformanceError: None was within a minute and a half; the message has every line that was seen.
        """
        __tracebackhide__ = True
        seen: list[Usage] = []

        def look() -> Usage:
            usage = self.top(pod)
            if usage is not None and (not seen or seen[-1] != usage):
                seen.append(usage)
                on_usage(usage)
            if usage is None or not right(usage):
                raise _NotYetError
            return usage

        try:
            return tenacity.Retrying(
                stop=tenacity.stop_after_delay(TOP_DEADLINE_S),
                wait=tenacity.wait_fixed(TOP_EVERY_S),
                retry=tenacity.retry_if_exception_type(_NotYetError),
                reraise=True,
            )(look)
        except _NotYetError:
            told = ", ".join(f"{u.cpu_milli}m {u.memory_bytes / 2**20:.0f}Mi" for u in seen) or "nothing"
            raise ConformanceError(
                f"kubectl top pod {pod} did not show {what} within {TOP_DEADLINE_S:.0f} s; it showed: {told}"
            ) from None
