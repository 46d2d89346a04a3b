"""What a cluster does whose kubelets are older than its API server: some by the one's version, some by the other's.

``data/sides.toml`` says which component does what each rule of the catalogue says.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from resize.behaviour import TOPICS, Behaviour, topic_types
from resize.catalogue import DATA, CatalogueError, build, inherit, minor_number, read_toml

if TYPE_CHECKING:
    from pathlib import Path

_FILE = DATA / "sides.toml"

API_SERVER: Final = "api-server"
KUBELET: Final = "kubelet"
#: Whichever refuses first: the API server where its topic says so, else the kubelet.
REFUSER: Final = "refuser"


def with_kubelet(api: Behaviour, kubelet: Behaviour, path: Path = _FILE) -> Behaviour:
    """The behaviour of an API server of one version with kubelets of another.

    Raises:
        CatalogueError: ``sides.toml`` is wrong.
    """
    if api.minor == kubelet.minor:
        return api
    document = _read(path)
    merged = {name: _topic(name, api, kubelet, document, path) for name in TOPICS}
    for rule, side in document["sides"].items():
        topic, _, key = rule.partition(".")
        if key:
            chosen = getattr(api if side == API_SERVER else kubelet, topic)
            merged[topic] = replace(merged[topic], **{key: getattr(chosen, key)})
    return replace(api, **merged)


def _topic(name: str, api: Behaviour, kubelet: Behaviour, document: dict[str, Any], path: Path) -> Any:
    side = document["sides"].get(name, API_SERVER)
    refuses = document["refuser"].get(name, {}) if side == REFUSER else {}
    if side == API_SERVER or any(getattr(getattr(api, name), key) == value for key, value in refuses.items()):
        return getattr(api, name)
    alone = document["kubelet"].get(kubelet.minor, {}).get(name)
    if alone is None:
        return getattr(kubelet, name)
    values = {**_tables()[minor_number(kubelet.minor, "kubelet")][name], **alone}
    del values["source"]
    return build(topic_types()[name], values, f'{path}: [kubelet."{kubelet.minor}".{name}]')


@cache
def _tables() -> dict[int, dict[str, dict[str, Any]]]:
    """Each minor version's topics as they stand in the catalogue."""
    return inherit(read_toml(DATA / "behaviour.toml"), DATA / "behaviour.toml", TOPICS)


@cache
def _read(path: Path) -> dict[str, Any]:
    document = read_toml(path)
    sides = document["sides"]
    for rule, side in sides.items():
        topic, _, key = rule.partition(".")
        if topic not in TOPICS or side not in {API_SERVER, KUBELET, *([] if key else [REFUSER])}:
            raise CatalogueError(f"{path}: {rule} = {side!r} is no rule of the catalogue, or no component")
    return document
