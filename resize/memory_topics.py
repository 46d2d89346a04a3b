"""The topics of the behaviour catalogue about nodes that do more with memory than limit it, as :mod:`resize.topics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resize.catalogue import Message
from resize.topics import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap(Topic):
    """Pods that may swap, on a node whose kubelet has the swapBehavior LimitedSwap."""

    refuses: Literal["nothing", "memory-request"]
    message: Message | None
    guaranteed_resized: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryQos(Topic):
    """Memory protection and throttling on cgroup v2, with the gate MemoryQoS on (KEP-2570)."""

    protects: Literal["all-by-min", "by-qos-class"]
    default_factor: float | None
    container_follows: bool
    container_follows_request: bool
    pod_follows: bool
    pod_follows_request: bool
    changed_factor_waits: bool
    high_cleared: bool
    high_goes: bool
    pod_level_high: bool
    throttles: bool
