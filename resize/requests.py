"""The forms in which people send a resize, besides the strategic merge of ``kubectl patch``."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Literal

from clusters.api import JSON_PATCH, MERGE, ApiError
from resize.observer import ConformanceError
from resize.resources import Resources
from resize.waking import WOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.api import Json
    from resize.pod import ResizablePod
    from resize.sent import Submitted

Form = Literal["strategic merge", "JSON merge", "JSON patch", "server-side apply", "PUT"]


def send(pod: ResizablePod, form: Form, wanted: Resources) -> Submitted:
    """Resize a pod of one container by a request of this form, which is right in itself."""
    api, path = pod.api, pod.resize_path
    name, resources = pod.only_container.name, wanted.to_json()
    bare = {"name": name, "resources": resources}
    whole = copy.deepcopy(_read(pod))
    whole["spec"]["containers"][0]["resources"] = resources
    applied = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod.name}, "spec": {"containers": [bare]}}
    by_pointer = [{"op": "replace", "path": "/spec/containers/0/resources", "value": resources}]
    # A JSON merge patch knows no list elements: what is not repeated of a container is gone.
    merged = {"spec": {"containers": whole["spec"]["containers"]}}
    requests = {
        "strategic merge": lambda: api.patch(path, {"spec": {"containers": [bare]}}),
        "JSON merge": lambda: api.patch(path, merged, content_type=MERGE),
        "JSON patch": lambda: api.patch(path, by_pointer, content_type=JSON_PATCH),
        "server-side apply": lambda: api.apply(path, applied),
        "PUT": lambda: api.replace(path, whole),
    }
    return pod.request({name: wanted}, requests[form])


def send_bare_merge(pod: ResizablePod, wanted: Resources) -> Submitted:
    """Resize by ``kubectl patch --type merge`` as people write it: with the container's name and resources alone."""
    name = pod.only_container.name
    body = {"spec": {"containers": [{"name": name, "resources": wanted.to_json()}]}}
    return pod.request({name: wanted}, lambda: pod.api.patch(pod.resize_path, body, content_type=MERGE))


def send_to_the_pod(pod: ResizablePod, wanted: Resources) -> Submitted:
    """Resize by a patch of the pod itself, as up to 1.31, whatever the version wants."""
    name = pod.only_container.name
    body = {"spec": {"containers": [{"name": name, "resources": wanted.to_json()}]}}
    return pod.request({name: wanted}, lambda: pod.api.patch(pod.path, body))


def send_with(pod: ResizablePod, wanted: Resources, *, metadata: Json, container: Json, spec: Json) -> Submitted:
    """Resize by a strategic merge that asks for other changes too, of the metadata, the container, and the spec."""
    name = pod.only_container.name
    containers = [{"name": name, "resources": wanted.to_json(), **container}]
    body = {"metadata": metadata, "spec": {"containers": containers, **spec}}
    return pod.request({name: wanted}, lambda: pod.api.patch(pod.resize_path, body))


def send_stale(pod: ResizablePod, form: str, old: Json, wanted: Resources) -> Submitted:
    """Resize by a request that names an old version of the pod: ``PUT`` of all of it, or ``patch``."""
    name, version = pod.only_container.name, old["metadata"]["resourceVersion"]
    whole = copy.deepcopy(old)
    whole["spec"]["containers"][0]["resources"] = wanted.to_json()
    body = {
        "metadata": {"resourceVersion": version},
        "spec": {"containers": [{"name": name, "resources": wanted.to_json()}]},
    }
    requests = {
        "PUT": lambda: pod.api.replace(pod.resize_path, whole),
        "patch": lambda: pod.api.patch(pod.resize_path, body),
    }
    return pod.request({name: wanted}, requests[form])


def dry_run(pod: ResizablePod, wanted: Resources) -> Resources | ApiError:
    """What the API says to a resize that it is not to carry out (``--dry-run=server``): the new spec, or a refusal."""
    name = pod.only_container.name
    body = {"spec": {"containers": [{"name": name, "resources": wanted.to_json()}]}}
    try:
        answer = pod.api.patch(pod.resize_path, body, dryRun="All")
    except ApiError as refusal:
        return refusal
    return Resources.from_json(answer["spec"]["containers"][0]["resources"])


def shape(pod: ResizablePod) -> Json:
    """All of a pod that a resize must leave as it is: labels, annotations, owners, and the spec without resources."""
    document = _read(pod)
    metadata = {key: document["metadata"].get(key) for key in ("uid", "labels", "ownerReferences")}
    annotations = document["metadata"].get("annotations") or {}
    # But for the one by which the suite itself wakes the kubelets of some versions.
    metadata["annotations"] = {key: value for key, value in annotations.items() if key != WOKEN}
    containers = [{**each, "resources": None} for each in document["spec"]["containers"]]
    return {"metadata": metadata, "spec": {**document["spec"], "containers": containers}}


def assert_same_shape(pod: ResizablePod, before: Mapping[str, Any]) -> None:
    """Check that nothing but resources has changed since :func:`shape`.

    Raises:
        ConformanceError: Something has.
    """
    __tracebackhide__ = True
    after = shape(pod)
    changed = [
        f"{part}.{key} is {after[part].get(key)}, was {before[part].get(key)}"
        for part in before
        for key in before[part].keys() | after[part].keys()
        if after[part].get(key) != before[part].get(key)
    ]
    if changed:
        raise ConformanceError(pod.observer.describe(f"More than resources changed: {'; '.join(changed)}", None, []))


def _read(pod: ResizablePod) -> Json:
    """The pod as it is now; the subresource, where there is one, has the same (asserted upstream)."""
    return pod.api.get(pod.path)
