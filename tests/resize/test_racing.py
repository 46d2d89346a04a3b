from __future__ import annotations

import pytest

from clusters.api import ApiError
from resize import racing
from resize.observer import ConformanceError
from resize.racing import UPDATES, label_while
from tests.clusters.api_server import error_status
from tests.resize.observed_pod import NEW, ObservedPod


def test_act_falls_into_the_midst_of_the_updates() -> None:
    observed = ObservedPod()
    pod = observed.run()
    labels = label_while(pod, lambda: pod.resize(NEW))
    paths = [path for path, _ in observed.api.patches]
    assert len(labels) == UPDATES == paths.count("/pods/idle")
    assert paths.index("/pods/idle/resize") > UPDATES // 4
    set_labels = [body["metadata"]["labels"] for path, body in observed.api.patches if path == "/pods/idle"]
    assert {name: value for part in set_labels for name, value in part.items()} == labels


def test_refused_update_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(racing, "TIMEOUT_S", 5.0)
    observed = ObservedPod()
    pod = observed.run()
    conflict = "Operation cannot be fulfilled on pods: the object has been modified"
    observed.api.refusals.append(ApiError(409, error_status(409, "Conflict", conflict)))
    with pytest.raises(ConformanceError, match="the object has been modified"):
        label_while(pod, lambda: None)
