"""Pods of controllers are resized one by one; the controller neither notices nor interferes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resize import workloads
from resize.manifests import CONTAINER, IDLE_SCRIPT, container
from resize.resources import Resources
from resize.workloads import APPS, BATCH, assert_untouched, until_one_ready

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fixtures.objects import Objects
    from fixtures.pods import Pods
    from resize.kubectl import Kubectl

SMALL, LARGE = Resources.guaranteed(cpu="100m", memory="64Mi"), Resources.guaranteed(cpu="150m", memory="96Mi")
#: Ends when it is told to.
UNTIL_TOLD_SCRIPT = "until [ -e /told ]; do sleep 1; done"
TELL = ("touch", "/told")


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.endpoint", "submit.generation_increments")
@pytest.mark.parametrize(
    ("collection", "manifest"),
    [("deployments", workloads.deployment), ("statefulsets", workloads.stateful_set)],
    ids=["Deployment", "StatefulSet"],
)
def test_template_and_rollout(
    objects: Objects, pods: Pods, collection: str, manifest: Callable[..., dict[str, Any]]
) -> None:
    """A resize of a controller's pod starts no rollout and changes no template; a new pod has the template's resources.

    Whoever resizes pods by hand or by an autoscaler must know that the next rollout or node drain undoes it
    (kubernetes#116214).

    Preconditions:
        - A Deployment or StatefulSet of one Guaranteed pod with 100m and 64Mi.
    Steps:
        1. Patch the pod to 150m and 96Mi.
        2. Delete the pod.
    Expected:
        - After 1 the resize is done on every layer. The controller's spec, generation and revisions are as before, and
          the pod is the same one, with the same labels and revision hash.
        - After 2 the controller makes a pod with 100m and 64Mi.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#backward-compatibility-and-negative-tests
    """
    own = objects.watch("pods")
    made = objects.create(
        collection, manifest(container(CONTAINER, pods.image, SMALL, script=IDLE_SCRIPT), node=pods.node), group=APPS
    )
    pod = pods.observe(until_one_ready(own), {CONTAINER: SMALL})
    pod.until_running()
    before, uid, labels = made.read(), pod.view.uid, pod.view.labels

    pod.resize(LARGE)

    assert (pod.settle().pod.uid, pod.view.labels) == (uid, labels)
    assert until_one_ready(own) == pod.name
    assert_untouched(made, before)
    pods.delete(pod)
    again = pods.observe(until_one_ready(own, after=uid), {CONTAINER: SMALL})
    again.until_running()
    again.unchanged()


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.rule("submit.endpoint")
def test_job(objects: Objects, pods: Pods, kubectl: Kubectl) -> None:
    """A Job's pod is resized while it works, and the Job ends as if nothing had been.

    Batch work whose needs change while it runs is what resizing was asked for (KEP-1287, Motivation).

    Preconditions:
        - A Job, restartPolicy Never and no retry, whose pod works with 100m and 64Mi until it is told to end.
    Steps:
        1. Patch the pod to 150m and 96Mi.
        2. Tell the pod to end.
    Expected:
        - After 1 the resize is done on every layer, and the Job's template and generation are as before.
        - After 2 the Job is complete, with one pod that succeeded and none that failed.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/1287-in-place-update-pod-resources#backward-compatibility-and-negative-tests
    """
    own = objects.watch("pods")
    work = container(CONTAINER, pods.image, SMALL, script=UNTIL_TOLD_SCRIPT)
    made = objects.create("jobs", workloads.job(work, node=pods.node), group=BATCH)
    pod = pods.observe(until_one_ready(own), {CONTAINER: SMALL})
    pod.until_running()
    before = made.read()

    pod.resize(LARGE)

    pod.settle()
    assert_untouched(made, before)
    told = kubectl.exec(pod.name, TELL)
    assert told.returncode == 0, told.stderr
    ended = made.until(workloads.is_over, what="over", shown=lambda job: job.get("status"))
    assert (ended["status"].get("succeeded"), ended["status"].get("failed", 0)) == (1, 0)
