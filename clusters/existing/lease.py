"""A Lease in the cluster that keeps two runs apart, whatever machines they are started on.

A run renews its Lease every quarter of a minute. One that was killed does not, so after a minute another may take over.
"""

from __future__ import annotations

import datetime
import getpass
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from clusters.api import ApiError, ApiUnreachableError
from clusters.contract import ClusterError
from clusters.existing.ours import NAMESPACE, labels

if TYPE_CHECKING:
    from clusters.api import Json, KubeApi

LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
NAME = "run"
DURATION_S = 60
RENEW_S = 15.0
#: How much longer than that a renewal may take to arrive.
SKEW_S = 2.0
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class RunLease:
    """The Lease, held by this process from :meth:`acquire` to :meth:`stop`.

    Attributes:
        lost: Why it is not this run's any more; empty while it is.
    """

    def __init__(self, api: KubeApi, run_id: str) -> None:
        self.lost = ""
        self._api = api
        self._run_id = run_id
        self._holder = f"{run_id} of {_somebody()}@{socket.gethostname()}"
        self._acquired = ""
        self._held: Json | None = None
        self._over = threading.Event()

    def acquire(self) -> None:
        """Take the Lease and renew it from now on.

        Raises:
            ClusterError: Another run has it.
        """
        self._acquired = _now()
        try:
            self._held = self._api.create(LEASES, self._document())
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise ClusterError(f"the Lease {NAMESPACE}/{NAME} can't be made: {error}") from error
            self._held = self._take_over()
        threading.Thread(target=self._renew, daemon=True, name="lease").start()

    def stop(self) -> None:
        """Renew it no more."""
        self._over.set()

    def remove(self) -> None:
        """Stop, and delete the Lease if it is still this run's.

        Raises:
            ApiError: The server refuses.
        """
        self.stop()
        if self._held is not None and not self.lost:
            self._api.delete(f"{LEASES}/{NAME}")
        self._held = None

    def _take_over(self) -> Json:
        """Take a Lease that is there, if nobody holds it any more."""
        found = self._api.get(f"{LEASES}/{NAME}")
        if _left_s(found) > 0:
            raise ClusterError(_refusal(found))
        if found["spec"].get("holderIdentity"):
            # Clocks differ: a holder that lives renews while this one waits.
            time.sleep(RENEW_S + SKEW_S)
        document = self._document()
        document["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
        try:
            return self._api.replace(f"{LEASES}/{NAME}", document)
        except ApiError as error:
            if error.status != 409:
                raise
            raise ClusterError(_refusal(self._api.get(f"{LEASES}/{NAME}"))) from error

    def _renew(self) -> None:
        while not self._over.wait(RENEW_S):
            assert self._held is not None
            document = self._document()
            document["metadata"]["resourceVersion"] = self._held["metadata"]["resourceVersion"]
            try:
                self._held = self._api.replace(f"{LEASES}/{NAME}", document)
            except ApiError as error:
                # Changed or removed by somebody else: it is not this run's any more.
                if error.status in {404, 409}:
                    self.lost = f"the Lease {NAMESPACE}/{NAME} was taken away from this run: {error.message}"
                    return
            except ApiUnreachableError:
                continue

    def _document(self) -> dict[str, Any]:
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": NAME, "labels": labels(self._run_id)},
            "spec": {
                "holderIdentity": self._holder,
                "leaseDurationSeconds": DURATION_S,
                "acquireTime": self._acquired,
                "renewTime": _now(),
            },
        }


def _left_s(lease: Json) -> float:
    """How long the Lease still counts, by this machine's clock; 0 or less if it does not."""
    spec = lease["spec"]
    if not spec.get("holderIdentity") or not spec.get("renewTime"):
        return 0.0
    renewed = datetime.datetime.strptime(spec["renewTime"], _TIME).replace(tzinfo=datetime.UTC)
    return renewed.timestamp() + float(spec.get("leaseDurationSeconds") or DURATION_S) - time.time()


def _refusal(lease: Json) -> str:
    spec = lease["spec"]
    return (
        f"another run uses this cluster: {spec['holderIdentity']}, since {spec.get('acquireTime', 'a while')}. Two at "
        f"a time would disturb each other: wait until it has ended. If it was killed, its Lease {NAMESPACE}/{NAME} "
        f"ends in {max(1.0, _left_s(lease)):.0f} s; then a run, or `python -m clusters sweep`, removes what it left"
    )


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime(_TIME)


def _somebody() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
