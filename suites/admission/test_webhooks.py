"""Admission webhooks that guard pods, and those that guard resizes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from resize.access import UNREACHABLE, assert_decided, covers_resizes, until_in_force, webhook
from resize.resources import Resources

if TYPE_CHECKING:
    from fixtures.objects import Objects
    from resize.pod import ResizablePod

ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@pytest.mark.cpu_milli(200)
@pytest.mark.conformance
@pytest.mark.disruptive
@pytest.mark.rule("submit.endpoint")
@pytest.mark.parametrize("resources", [["pods"], ["pods/resize"], ["pods/*"]], ids=" ".join)
def test_webhook(objects: Objects, idle_pod: ResizablePod, resources: list[str]) -> None:
    """A webhook for pods is not asked about resizes from 1.32 on, and a webhook for pods/resize is.

    Policy engines, quota systems and mutating operators that registered for pods alone never hear of a resize
    (kubernetes#131835, kueue#5257), and one for pods/resize that is down keeps every autoscaler from its work.

    Preconditions:
        - A running Guaranteed pod with 100m and 64Mi.
        - A ValidatingWebhookConfiguration for changes of pods, of pods/resize, or of pods/* in the namespace, with the
          failurePolicy Fail, whose webhook is not up.
    Steps:
        1. Patch the pod to 150m and 96Mi.
    Expected:
        - If the webhook is for what the version's resizes go to, the pod or its subresource, the API answers with HTTP
          500 that it could not call it, and nothing changes. Else the resize is done.

    https://github.com/kubernetes/kubernetes/issues/131835
    """
    document = webhook("webhook", resources, objects.namespace)
    objects.create_for_the_cluster("validatingwebhookconfigurations", document, group=ADMISSION)
    until_in_force(objects.api, objects.namespace, message=UNREACHABLE)

    submitted = idle_pod.submit({"stress": Resources.guaranteed(cpu="150m", memory="96Mi").to_json()})

    granted = not covers_resizes(idle_pod, resources)
    assert_decided(idle_pod, submitted, granted=granted, message=re.compile(UNREACHABLE), http_code=500)
