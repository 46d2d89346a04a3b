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


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.disruptive
@pytest.mark.rule("submit.endpoint")
@pytest.mark.min_kube_version("1.30")
@pytest.mark.parametrize("resources", [["pods"], ["pods/resize"], ["pods/*"]], ids=" ".join)
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
    made = objects.create_for_the_cluster("validatingadmissionpolicies", policy("policy", resources), group=ADMISSION)
    objects.create_for_the_cluster(
        "validatingadmissionpolicybindings", binding(made.name, objects.namespace), group=ADMISSION
    )
    until_in_force(objects.api, objects.namespace)

    submitted = idle_pod.submit({"stress": Resources.guaranteed(cpu="150m", memory="96Mi").to_json()})

    granted = not covers_resizes(idle_pod, resources)
    assert_decided(idle_pod, submitted, granted=granted, message=re.compile(DENIED), http_code=422)
