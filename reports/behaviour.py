"""What one case saw on two or more clusters, and where that differs although the verdict is the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from reports.figures import are_unequal, duration_s, figure_text, slower_factor
from reports.units import value_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.model import Case


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was not the same everywhere.

    Attributes:
        name: What it is, such as the measurement's name.
        texts: Cluster name to what was found there, in words.
        slower: For a time: the cluster on which it took longest. Empty for a property.
        factor: How many times longer that is than the shortest; infinite where the shortest is zero.
    """

    name: str
    texts: dict[str, str]
    slower: str = ""
    factor: float = 1.0

    @property
    def times(self) -> str:
        """The factor in words, such as ``27 times``; beyond 100 the figure says no more."""
        return "over 100 times" if self.factor > 100 else f"{self.factor:.2g} times"


def figure_differences(cases: Mapping[str, Case]) -> list[Difference]:
    """Compares the case's measurements by name.

    A figure that one cluster has and another lacks is a difference. Of figures with one name in one case the last
    counts, as in the table of measurements.

    Args:
        cases: Cluster name to the case's entry there.
    """
    named = {
        cluster: {name: figure for entry in case.measurements for name, figure in entry.items()}
        for cluster, case in cases.items()
    }
    found = []
    for name in dict.fromkeys(name for by_name in named.values() for name in by_name):
        by_cluster = {cluster: by_name.get(name, {}) for cluster, by_name in named.items()}
        texts = {cluster: figure_text(figure) for cluster, figure in by_cluster.items()}
        times_s = {
            cluster: time_s for cluster, figure in by_cluster.items() if (time_s := duration_s(figure)) is not None
        }
        if len(times_s) < len(by_cluster):
            if are_unequal(list(by_cluster.values())):
                found.append(Difference(name, texts))
        elif factor := slower_factor(min(times_s.values()), max(times_s.values())):
            found.append(Difference(name, texts, max(times_s, key=times_s.__getitem__), factor))
    return found


def resize_differences(cases: Mapping[str, Case]) -> list[Difference]:
    """Compares what the case's resizes did: the layers they reached, the last value of each, and restarts.

    How long a layer took is not compared. A resize that was asked for other values (those of a case that asks for more
    than its node has) is left out. Two runs on one cluster were found to agree in all of this, in each of 66 cases.

    Args:
        cases: Cluster name to the case's entry there.
    """
    resizes = zip(*(case.timeline for case in cases.values()), strict=False)
    found = []
    for number, timelines in enumerate(resizes, start=1):
        requested = timelines[0]["requested"]
        if any(timeline["requested"] != requested for timeline in timelines):
            continue
        facts = _facts(dict(zip(cases, timelines, strict=True)))
        found += [Difference(f"resize {number} ({requested}): {what}", texts) for what, texts in facts.items()]
    return found


def _facts(timelines: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """What differs between timelines: a name to each cluster's text. What not every timeline has is left out."""
    found = _unequal("restarts", timelines, lambda t: str(sum(mark["kind"] == "restart" for mark in t["marks"])))
    last = {cluster: _last_values(timeline) for cluster, timeline in timelines.items()}
    first = next(iter(timelines))
    told = set()
    for key in last[first]:
        if all(key in values for values in last.values()) and len({values[key] for values in last.values()}) > 1:
            found[f"{' '.join(key)} in the end"] = {cluster: values[key] for cluster, values in last.items()}
            told.add(key[0])
    for layer in timelines[first]["reached_s"]:
        # A layer with another value in the end is told of already.
        if layer not in told and all(layer in timeline["reached_s"] for timeline in timelines.values()):
            found |= _unequal(layer, timelines, partial(_reached, layer))
    return found


def _reached(layer: str, timeline: dict[str, Any]) -> str:
    return "never had the wanted value" if timeline["reached_s"][layer] is None else "had the wanted value"


def _unequal(
    what: str, timelines: Mapping[str, dict[str, Any]], of: Callable[[dict[str, Any]], str]
) -> dict[str, dict[str, str]]:
    texts = {cluster: of(timeline) for cluster, timeline in timelines.items()}
    return {what: texts} if len(set(texts.values())) > 1 else {}


def _last_values(timeline: dict[str, Any]) -> dict[tuple[str, str, str], str]:
    return {
        (series["layer"], "CPU" if series["resource"] == "cpu" else series["resource"], series["kind"]): value_text(
            series["resource"], series["points"][-1][1]
        )
        for series in timeline["series"]
        if series["kind"] != "usage" and series["points"]
    }
