"""One command in a node's container, with an end on both sides: the node's clock ends it, and ours the wait for it.

The SDK's own ``exec_run`` is not used. What the engine sends along with the answer's head is lost to it (docker-py
#3332: the output comes back empty or cut), it waits for the stream's end without any limit, and asks for the exit code
when the engine may not have it yet. Here the command goes to a shell by its standard input, so that nothing is printed
before the answer's head was read, and the shell prints the exit code behind the output.
"""

from __future__ import annotations

import re
import shlex
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from clusters.docker.pipe import ExecPipe
from clusters.shell import Ended

if TYPE_CHECKING:
    from collections.abc import Sequence

    import docker

#: The exit code, behind ASCII's record separator, after whatever was the command's last character.
_END = re.compile(rb"\x1e(\d+)\n\Z")
#: What the node has beyond the command's own time, to start it and to end it.
_GRACE_S = 15.0
#: What was printed to the standard error comes by another way, and may come after the exit code.
_ERRORS_WITHIN_S = 1.0
#: What ``timeout`` ends with if it had to end the command (GNU coreutils; busybox says 143, what SIGTERM makes of it).
_TIMED_OUT = (124, 143)


def run(client: docker.DockerClient, container: str, arguments: Sequence[str], *, timeout_s: float) -> Ended:
    """Run a command in a container until it ends.

    Raises:
        OSError: It can't be started, or the way to it broke off.
        TimeoutError: It did not end in time.
    """
    began = time.monotonic()
    pipe = ExecPipe(client, container, errors=True)
    try:
        # The shell is told to end as well: an engine that doesn't hear of our end would keep it.
        line = f"timeout {max(1, round(timeout_s))} {shlex.join(arguments)} </dev/null; printf '\\036%d\\n' $?; exit\n"
        pipe.send(line.encode())
        output = bytearray()
        while (end := _END.search(output)) is None:
            arrived = pipe.receive(began + timeout_s + _GRACE_S - time.monotonic())
            if not arrived:
                raise OSError("it ended without a word about how")
            output += arrived
        code = int(end[1])
        if code in _TIMED_OUT and time.monotonic() - began >= timeout_s - 1:
            raise TimeoutError(f"it did not end in {timeout_s:.0f} s")
        if code != 0:
            with suppress(OSError):
                pipe.receive(_ERRORS_WITHIN_S)
        printed = output[: end.start()].decode(errors="replace")
        return Ended(code, printed, pipe.errors.decode(errors="replace"))
    finally:
        pipe.close()
