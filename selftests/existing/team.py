"""A cluster as a platform team hands it out: docs/rbac.yaml is applied, and users have a service account's token."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from clusters.components.images import STRESS_REFERENCE
from clusters.existing.ours import NAMESPACE, SELECTOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from selftests.leaks.cluster import Cluster

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "docs" / "rbac.yaml"
USERS = "resize-conformance-user"
NODE_ACCESS = "resize-conformance-node-access"
#: A namespace takes five seconds or so until it is gone, and its pods as long.
GONE_S = 40.0


class Team:
    """Gives rights, and sees all that is in the cluster."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.api = cluster.api
        self._folder = folder
        self.kubectl("apply", "-f", str(MANIFEST))
        # The kubelet tells of images some seconds after they are there.
        self.until(lambda: STRESS_REFERENCE in str(self.api.get("/api/v1/nodes")))

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl as the administrator."""
        return subprocess.run(self.cluster.kubectl(*arguments), capture_output=True, text=True, check=True).stdout

    def kubeconfig(self, account: str) -> Path:
        """The kubeconfig of a user who is a service account."""
        token = self.kubectl("create", "token", account, "--namespace", USERS, "--duration", "1h").strip()
        document: dict[str, Any] = yaml.safe_load(Path(self.cluster.record.kubeconfig).read_text(encoding="utf-8"))
        document["users"] = [{"name": document["users"][0]["name"], "user": {"token": token}}]
        authority = document["clusters"][0]["cluster"]
        assert base64.b64decode(authority["certificate-authority-data"])
        path = self._folder / f"{account}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    def left(self) -> list[str]:
        """What runs have in the cluster and on this machine."""
        namespaces = self.api.get("/api/v1/namespaces", labelSelector=SELECTOR)["items"]
        pods = self.api.get("/api/v1/pods")["items"]
        folders = Path(os.environ["RESIZE_CONFORMANCE_STATE"]) / "existing"
        return [
            *(f"namespace {item['metadata']['name']}" for item in namespaces),
            *(f"pod {item['metadata']['name']}" for item in pods),
            *(str(path) for path in (folders.iterdir() if folders.is_dir() else ())),
        ]

    def in_the_end(self) -> list[str]:
        """What is left once nothing is, or after a while."""
        self.until(lambda: not self.left(), within_s=GONE_S)
        return self.left()

    def lease_is_old(self) -> None:
        """Let the Lease look as it does minutes after its run was killed."""
        path = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/run"
        self.api.patch(path, {"spec": {"renewTime": "2026-01-01T00:00:00.000000Z"}})

    @staticmethod
    def until(true: Callable[[], object], *, within_s: float = 30.0) -> None:
        """Wait; what it was waited for is the caller's to check."""
        deadline = time.monotonic() + within_s
        while not true() and time.monotonic() < deadline:
            time.sleep(0.2)


class Run:
    """One run of the suite, in a process group of its own."""

    def __init__(self, kubeconfig: Path, results: Path, *arguments: str) -> None:
        self.results = results
        # A shell's background jobs ignore Ctrl-C, and what they start inherits that.
        python = ["env", "--default-signal=INT", sys.executable]
        command = [*python, "-m", "pytest", "-q", "--cluster", "existing", "--kubeconfig", str(kubeconfig)]
        self._process = subprocess.Popen(
            [*command, "--results-dir", str(results), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def end(self, number: signal.Signals) -> int:
        """Send a signal to the whole group, as a terminal does, and wait."""
        os.killpg(self._process.pid, number)
        self._process.communicate(timeout=120)
        return self._process.returncode

    def wait(self) -> tuple[int, str]:
        """The exit code and what was printed."""
        output, _ = self._process.communicate(timeout=180)
        return self._process.returncode, output

    def close(self) -> None:
        """End it, if it runs."""
        if self._process.poll() is None:
            self.end(signal.SIGKILL)
