"""The first process of a lab's namespaces: private mounts, the engine, the node images, then the command.

It is PID 1 of its PID namespace, so that everything ends with it, however it ends. ``python -m lab.inside SPEC`` is
started by :mod:`lab.outside` and by nobody else.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from clusters.local.hostcgroups import hierarchies, remove_subtree
from clusters.local.mounts import mount
from clusters.progress import Progress
from lab.children import ENDING, wait_for
from lab.engine import ENVIRONMENT, Engine
from lab.images import Image, load
from lab.place import RUN, SYSTEMD_HIERARCHY, LabError, Place

#: How long a command may take to end by itself once it is asked to.
PATIENCE_S = 120.0
NOT_FOUND = 127
FAILED = 1


@dataclass(frozen=True, slots=True)
class Spec:
    """What the lab is to do.

    Attributes:
        directory: The lab's folder.
        command: What is run, with its arguments.
        images: What the engine is to have before that.
        environment: Variables that it gets besides.
    """

    directory: str
    command: list[str]
    images: list[Image]
    environment: dict[str, str]

    def text(self) -> str:
        """As JSON, for this module's command line."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def parse(cls, text: str) -> Spec:
        """From JSON."""
        document = json.loads(text)
        return cls(**document | {"images": [Image.of(image) for image in document["images"]]})


def main() -> int:
    """Bring up what the command needs, run it, and take everything down."""
    spec = Spec.parse(sys.argv[1])
    place, progress = Place(Path(spec.directory)), Progress(prefix="lab: ")
    for number in ENDING:
        signal.signal(number, _asked_to_end)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        with ExitStack() as stack:
            private_mounts()
            subprocess.run(["ip", "link", "set", "dev", "lo", "up"], check=True)
            stack.callback(remove_subtree, place.cgroup)
            remove_subtree(place.cgroup)
            engine = Engine(place, progress)
            stack.callback(engine.stop)
            engine.start()
            for image in spec.images:
                load(image, engine, place.directory, progress)
            return run(spec, engine, progress)
    except LabError as error:
        progress.say(str(error))
        return FAILED


def private_mounts() -> None:
    """A /run of this lab's own, and systemd's named hierarchy where the host did not mount it.

    Raises:
        OSError: A mount failed; ``filename`` names its target.
    """
    mount("tmpfs", "/run", kind="tmpfs", options="mode=0755")
    (Path("/run") / "lock").mkdir(mode=0o1777)
    RUN.mkdir()
    found = hierarchies()
    version_1 = any(not hierarchy.unified for hierarchy in found)
    if version_1 and not any("name=systemd" in hierarchy.controllers for hierarchy in found):
        SYSTEMD_HIERARCHY.mkdir(exist_ok=True)
        mount("cgroup", str(SYSTEMD_HIERARCHY), kind="cgroup", options="none,name=systemd")


def run(spec: Spec, engine: Engine, progress: Progress) -> int:
    """Run the command until it ends, and return its code."""
    try:
        child = subprocess.Popen(spec.command, env=os.environ | ENVIRONMENT | spec.environment)
    except OSError as error:
        progress.say(f"{spec.command[0]} can't be run: {error.strerror}")
        return NOT_FOUND
    ended = wait_for(child.pid, tell=child.pid, patience_s=PATIENCE_S)
    # It was reaped above; Popen must not be told again by its destructor.
    child.returncode = ended.code
    if engine.pid in ended.others:
        progress.say("the Docker engine ended before the command did; see its log")
    return ended.code


def _asked_to_end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
