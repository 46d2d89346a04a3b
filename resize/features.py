"""Which feature gates a component runs with, by its own word."""

from __future__ import annotations

import re

#: Source: k8s.io/component-base/metrics/prometheus/feature, since 1.26; the stage is empty from GA on.
_METRIC = re.compile(
    r'^kubernetes_feature_enabled\{name="(?P<name>\w+)",stage="(?P<stage>\w*)"\} (?P<value>[01])$', re.MULTILINE
)

#: The gate of KEP-1287.
RESIZE_GATE = "InPlacePodVerticalScaling"


def enabled_features(metrics: str) -> dict[str, bool]:
    """The metric ``kubernetes_feature_enabled`` of a component's /metrics: gate to whether it is on."""
    return {match["name"]: match["value"] == "1" for match in _METRIC.finditer(metrics)}


def feature_stages(metrics: str) -> dict[str, str]:
    """The same metric: gate to its stage, "alpha", "beta", "deprecated" or "ga"."""
    return {match["name"]: match["stage"].lower() or "ga" for match in _METRIC.finditer(metrics)}
