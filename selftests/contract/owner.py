"""A process that makes one cluster, to be interrupted by a test.

``python -m selftests.contract.owner ASKED NAME LOGS`` prints ``ready`` once the cluster is up, and removes it when its
standard input ends.
"""

from __future__ import annotations

import sys
from pathlib import Path

from clusters.contract import ClusterError
from clusters.progress import Progress
from selftests.contract.asked import Asked


def main() -> int:
    """Bring the cluster up and wait; 1 if it did not come up."""
    text, name, logs = sys.argv[1:]
    asked = Asked.from_json(text)
    provider = asked.provider()
    try:
        record = provider.create(asked.request(name, Path(logs)), Progress())
    except ClusterError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    provider.destroy(record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
