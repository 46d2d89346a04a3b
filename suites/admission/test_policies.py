"""Admission policies that guard pods, and those that guard resizes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from resize.access import DENIED, assert_decided, binding, covers_resizes, policy, until_in_force
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.objects import Objects
    from resize.pod import ResizablePod

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
#: Served in 1.27 to 1.29 where it is asked for.
EARLY = "/apis/admissionregistration.k8s.io/v1alpha1"

RESOURCES = pytest.mark.parametrize("resources", [["pods"], ["pods/resize"], ["pods/*"]], ids=" ".join)


def put_in_force(objects: Objects, resources: list[str], group: str) -> None:
    """Deny all changes of these resources in the case's namespace by a policy."""
    made = objects.create_for_the_cluster("validatingadmissionpolicies", policy("policy", resources), group=group)
    objects.create_for_the_cluster(
        "validatingadmissionpolicybindings", binding(made.name, objects.namespace), group=group
    )
    until_in_force(objects.api, objects.namespace)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.disruptive
@pytest.mark.rule("submit.endpoint")
@pytest.mark.min_kube_version("1.30")
@RESOURCES
def test_policy(objects: Objects, idle_pod: ResizablePod, resources: list[str]) -> None:
    """A policy for pods does not see resizes from 1.32 on, and a policy for pods/resize does.

    Rules about CPU and memory that were written for pods (quota systems, Gatekeeper, Kyverno) are bypassed by whoever
    resizes a pod after it was created (kubernetes#131835, gatekeeper-library#620).

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
        - A ValidatingAdmissionPolicy, in force in the namespace, that denies all changes of pods, of pods/resize, or of
          pods/*.
    Steps:
        1. Patch the pod to 150m and 96Mi.
    Expected:
        - If the policy is for what the version's resizes go to, the pod or its subresource, it denies the resize, and
          nothing changes. Else the resize is done.

    https://github.com/kubernetes/kubernetes/issues/131835
    """
    put_in_force(objects, resources, ADMISSION)

    submitted = idle_pod.submit({"stress": Resources.guaranteed(cpu="150m", memory="96Mi").to_json()})

    granted = not covers_resizes(idle_pod, resources)
    assert_decided(idle_pod, submitted, granted=granted, message=re.compile(DENIED), http_code=422)


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.variant("early-policies")
@pytest.mark.rule("submit.endpoint")
@pytest.mark.max_kube_version("1.29")
@RESOURCES
def test_early_policy(objects: Objects, idle_pod: ResizablePod, resources: list[str]) -> None:
    """A policy for pods, where they were an alpha or a beta that is off, sees resizes.

    Who wrote policies early, and upgrades to 1.32, loses what they said about resizes.

    Preconditions:
        - An API server with the gate ValidatingAdmissionPolicy that serves admissionregistration.k8s.io/v1alpha1.
        - A running Guaranteed pod with 100m and 64Mi.
        - A ValidatingAdmissionPolicy, in force in the namespace, that denies all changes of pods, of pods/resize, or of
          pods/*.
    Steps:
        1. Patch the pod to 150m and 96Mi.
    Expected:
        - The policies for pods and for pods/* deny the resize, and nothing changes. With the other one it is done.

    https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/3488-cel-admission-control
    """
    put_in_force(objects, resources, EARLY)

    submitted = idle_pod.submit({"stress": Resources.guaranteed(cpu="150m", memory="96Mi").to_json()})

    granted = not covers_resizes(idle_pod, resources)
    assert_decided(idle_pod, submitted, granted=granted, message=re.compile(DENIED), http_code=422)
