"""Of clusters whose components run on undisturbed: the suite can't stop one, or must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clusters.contract import ClusterRecord, NoNodeAccessError

if TYPE_CHECKING:
    from collections.abc import Mapping


class UntouchedComponents:
    """A part of :class:`clusters.contract.Provider` for clusters of which nothing can be stopped.

    In k3d all components are one process, kind's API server is a pod, and a cluster that is there has other users.
    """

    def stop(self, record: ClusterRecord, component: str) -> None:
        """Nothing.

        Raises:
            NoNodeAccessError: Always.
        """
        raise NoNodeAccessError(
            f"no node access: {component} of a {record.provider} cluster is not the suite's to stop"
        )

    def start(self, record: ClusterRecord, component: str) -> None:
        """As little as :meth:`stop`."""
        self.stop(record, component)

    def configure_kubelet(self, record: ClusterRecord, _changes: Mapping[str, Any], /) -> None:
        """As little as :meth:`stop`: who can't start it anew can't give it another configuration."""
        self.stop(record, "kubelet")
