"""The process that owns a cluster of containers: it takes the cluster down when the run that made it ends.

``python -m clusters.docker.warden FOLDER`` lives by the rules of :mod:`clusters.local.warden`: a lifeline on its
standard input, the line ``keep``, and the cluster's lock, which it inherits and holds while anything of it is left.
"""

from __future__ import annotations

import sys
from pathlib import Path

from clusters.local.warden import on_signals, remove_traces, wait_for_the_end, write_state


def main() -> None:
    """Wait for the end, and clean up."""
    folder = Path(sys.argv[1])
    asked_to_end = on_signals()
    write_state(folder)
    wait_for_the_end(folder, asked_to_end)
    remove_traces(folder.name, folder)


if __name__ == "__main__":
    main()
