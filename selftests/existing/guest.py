"""``python -m selftests.existing.guest [--metrics] COMMAND ...``: a command as a guest of a cluster that others own.

A local cluster is brought up, docs/rbac.yaml is applied, and the command gets the kubeconfig of a service account with
those rights and no others in KUBECONFIG. Ends with the command's exit code, or with 1 if something of the command is
left in the cluster.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from selftests.existing.team import USERS, Team
from selftests.leaks.cluster import Cluster, own_state


def main(command: list[str]) -> int:
    """Run the command."""
    if not command:
        sys.stderr.write("usage: python -m selftests.existing.guest COMMAND ...\n")
        return 2
    with own_state() as state, tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(state, "guest", node="host", metrics=True)
        try:
            team = Team(cluster, Path(folder))
            kubeconfig = team.kubeconfig("resize-conformance")
            code = subprocess.run(command, env={**os.environ, "KUBECONFIG": str(kubeconfig)}, check=False).returncode
            left = team.in_the_end()
        finally:
            cluster.destroy()
    if left:
        sys.stderr.write(f"left in the cluster of {USERS}: {', '.join(left)}\n")
    return code or bool(left)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
