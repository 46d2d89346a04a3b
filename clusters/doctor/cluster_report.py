"""``python -m clusters doctor --kubeconfig FILE``: whether in-place resize works on a cluster that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from clusters.existing.survey import Survey

_WORD_WIDTH = 9
_COLOURS = {"ok": "green", "missing": "red", "note": "yellow"}


def report(found: Survey, console: Console) -> int:
    """Print a line for each layer, with its remedy where there is one, and the verdict in one sentence.

    Returns:
        0 if in-place resize can be used, else 1.
    """
    console.print(f"the cluster at {found.server}", style="bold", markup=False)
    width = max(len(layer.name) for layer in found.layers)
    for layer in found.layers:
        word = "ok" if layer.ok else "missing" if layer.needed else "note"
        console.print(f"  {word:{_WORD_WIDTH}}", style=_COLOURS[word], end="")
        console.print(f"{layer.name:{width}}  {layer.detail}", markup=False, soft_wrap=True)
        if layer.remedy:
            console.print(f"{'':{_WORD_WIDTH + width + 4}}-> {layer.remedy}", markup=False, soft_wrap=True)
    console.print(f"\n{found.verdict}.", markup=False, soft_wrap=True)
    return 0 if found.supported else 1
