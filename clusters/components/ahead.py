"""Components of versions whose turn is still to come: got one version at a time, in a process beside the cases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.resolver import entry_key

if TYPE_CHECKING:
    from clusters.components.resolver import ComponentResolver
    from clusters.progress import Progress
    from clusters.versions import KubeVersion

_ROOT = Path(__file__).parents[2]


class Ahead:
    """Gets components, and removes those again that it got.

    Args:
        resolver: Knows what is there.
        arguments: More arguments of ``python -m clusters get``.
        progress: Where to tell what goes on.
    """

    def __init__(self, resolver: ComponentResolver, arguments: list[str], progress: Progress) -> None:
        self._resolver = resolver
        self._arguments = arguments
        self._progress = progress
        self._there: set[KubeVersion] = set()
        self._made: set[KubeVersion] = set()
        #: Those that could not be had: whoever needs them tries once more, and says why not.
        self.given_up: set[KubeVersion] = set()
        self.busy_with: KubeVersion | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def has(self, version: KubeVersion) -> bool:
        """Whether a version's components are there, whoever made them."""
        # Whoever makes a version is not looked over the shoulder: half of it may be there.
        if version not in self._there and version != self.busy_with and not self._resolver.lacking(version):
            self._there.add(version)
        return version in self._there

    def begin(self, version: KubeVersion) -> None:
        """Get a version's components; only one version at a time can be got."""
        assert self._process is None
        self._progress.say(f"Kubernetes {version}: getting its components, while others are tested")
        command = [
            # Should this process end, however it ends, so does that one, and has go end its compilers.
            *("setpriv", "--pdeathsig", "TERM"),
            # The cases come first.
            *("nice", "-n", "10"),
            *(sys.executable, "-m", "clusters", "get", str(version), *self._arguments),
        ]
        self.busy_with = version
        self._process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.DEVNULL, start_new_session=True)

    def poll(self) -> None:
        """Take note if the version is there by now, or can't be had."""
        if self._process is None or self._process.poll() is None or self.busy_with is None:
            return
        version, code = self.busy_with, self._process.returncode
        self.busy_with = self._process = None
        if self.has(version):
            self._made.add(version)
        else:
            self.given_up.add(version)
            self._progress.say(
                f"Kubernetes {version}: its components could not be had (the command ended with {code}); "
                f"its cases go last, and try once more"
            )

    def free(self, version: KubeVersion) -> None:
        """Remove what was made of a version; nothing happens to what was there before, and to what versions share."""
        if version not in self._made:
            return
        self._made.remove(version)
        self._there.discard(version)
        kubernetes = self._resolver.of_version(version)
        freed_bytes = self._resolver.cache.remove(entry_key(kubernetes))
        self._progress.say(f"{kubernetes.title}: removed from the cache, which frees {freed_bytes / 1e6:.0f} MB")

    def stop(self) -> None:
        """End what is being got."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
