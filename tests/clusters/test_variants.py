from __future__ import annotations

import pytest

from clusters.skew import why_not
from clusters.variants import ClusterKey, Platform
from clusters.versions import KubeVersion


@pytest.mark.parametrize(
    ("node", "variant", "missing"),
    [("uml", "static-memory", "NUMA"), ("host", "static-memory", ""), ("uml", "swap", "")],
)
def test_a_variant_is_left_out_where_the_nodes_lack_what_its_kubelet_needs(
    node: str, variant: str, missing: str
) -> None:
    reason = why_not(ClusterKey(KubeVersion(1, 37, 2), Platform(node, "v2"), variant), "local")
    assert (reason is None) is not bool(missing)
    assert missing in (reason or "")
