"""What the right to change pods, or a policy about pods, means for resizes: since 1.32 they are another resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tenacity

from clusters.api import ApiError
from clusters.contract import ClusterError
from resize.answers import assert_refused
from resize.observer import ConformanceError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

    from clusters.api import KubeApi
    from resize.pod import ResizablePod
    from resize.sent import Submitted


#: The API server learns of new roles and policies by watches, within a second or two.
LEARNT_DEADLINE_S = 30.0
LOOK_EVERY_S = 0.1

#: What a policy of :func:`policy` says.
DENIED = "denied by the case's own policy"
#: What the API says of a webhook of :func:`webhook`.
UNREACHABLE = "failed calling webhook"
#: The resource that :func:`policy` and :func:`webhook` always cover, so that a case can tell when they are in force.
COVERED = "configmaps"


def policy(name: str, resources: Sequence[str]) -> dict[str, Any]:
    """A ValidatingAdmissionPolicy that denies every creation and change of these resources, and of ConfigMaps."""
    return {
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [_changes_of(resources)]},
            "validations": [{"expression": "false", "message": DENIED}],
        },
    }


def binding(policy_name: str, namespace: str) -> dict[str, Any]:
    """Puts a policy into force in one namespace."""
    return {
        "metadata": {"name": "binding"},
        "spec": {
            "policyName": policy_name,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": _only(namespace)},
        },
    }


def webhook(name: str, resources: Sequence[str], namespace: str) -> dict[str, Any]:
    """A ValidatingWebhookConfiguration for these resources and ConfigMaps of a namespace, whose webhook is never up."""
    return {
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "never-up.resize-conformance.example",
                # The discard service, which nobody runs: refused at once.
                "clientConfig": {"url": "https://127.0.0.1:9/"},
                "rules": [_changes_of(resources)],
                "namespaceSelector": _only(namespace),
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
            }
        ],
    }


def _changes_of(resources: Sequence[str]) -> dict[str, Any]:
    return {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [COVERED, *resources],
    }


def _only(namespace: str) -> dict[str, Any]:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}


def until_in_force(api: KubeApi, namespace: str, *, message: str = DENIED) -> None:
    """Wait until a policy of :func:`policy` or a webhook is in force in a namespace, by what it then says."""
    path = f"/api/v1/namespaces/{namespace}/{COVERED}"
    probe: Mapping[str, Any] = {"metadata": {"name": "probe"}}

    def denied() -> bool:
        try:
            api.create(path, probe)
        except ApiError as error:
            if message in error.message:
                return True
            raise
        api.delete(f"{path}/probe")
        return False

    _until(denied, "the policy is in force")


def until_answered(ask: Callable[[], object], *, otherwise: int) -> None:
    """Ask until the answer is no longer this HTTP code."""

    def answered() -> bool:
        try:
            ask()
        except ApiError as error:
            if error.status != otherwise:
                raise
            return False
        return True

    _until(answered, f"an answer other than HTTP {otherwise}")


def _until(true: Callable[[], bool], what: str) -> None:
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_delay(LEARNT_DEADLINE_S),
        wait=tenacity.wait_fixed(LOOK_EVERY_S),
        retry=tenacity.retry_if_result(lambda result: not result),
    )
    try:
        retrying(true)
    except tenacity.RetryError:
        raise ClusterError(f"{what}: not within {LEARNT_DEADLINE_S:.0f} s") from None


def covers_resizes(pod: ResizablePod, resources: Sequence[str]) -> bool:
    """Whether a rule for these resources, of a role, webhook or policy, is about resizes on the pod's version.

    Args:
        pod: The pod.
        resources: As in such a rule: ``pods``, ``pods/resize``, ``*/resize``, and ``*``, which for roles has
            all subresources in it.
    """
    plain, sub = {"pods", "*"}, {"pods/resize", "*/resize", "*"}
    # In policies "pods/*" is the pod itself too (seen on 1.30.14; apiserver rules.Matcher). Roles know no such thing.
    return bool(((plain if pod.behaviour.submit.endpoint == "pod" else sub) | {"pods/*"}) & set(resources))


def assert_not_taken(ask: Callable[[], object], *, message: re.Pattern[str] | None, http_code: int) -> None:
    """Check that a request other than a resize is refused with this message.

    Args:
        ask: Sends it.
        message: What the refusal says; None where the version takes the request.
        http_code: Its code.

    Raises:
        ConformanceError: It is taken, or refused otherwise.
    """
    __tracebackhide__ = True
    if message is None:
        ask()
        return
    try:
        ask()
    except ApiError as error:
        if error.status == http_code and message.search(error.message):
            return
        told = str(error)
    else:
        told = "nothing, it took it"
    raise ConformanceError(f"The API said: {told}; expected HTTP {http_code} and a message like {message.pattern!r}")


def assert_decided(
    pod: ResizablePod,
    submitted: Submitted,
    *,
    granted: bool,
    message: re.Pattern[str] | None,
    http_code: int,
) -> None:
    """Check that a resize was done, or refused with this message and without any change.

    Raises:
        ConformanceError: It was not.
    """
    __tracebackhide__ = True
    if not granted:
        assert_refused(pod, submitted, message=message, http_code=http_code)
        return
    if submitted.error is not None:
        told = f"The API refused the resize with: {submitted.error}; expected that it is done."
        raise ConformanceError(pod.observer.describe(told, None, []))
    pod.settle()
