from __future__ import annotations

from typing import Any

from clusters.components.gomod import go_mod, go_sum
from clusters.components.pins import GoBuild, Project

KUBERNETES = Project(
    name="kubernetes",
    version="1.37.2",
    components=("kubelet",),
    module="k8s.io/kubernetes",
    module_sum="h1:abc=",
    build=GoBuild(template="kubernetes"),
    release=None,
)

#: A cut-out of what `go mod edit -json` prints for k8s.io/kubernetes.
DESCRIBED: dict[str, Any] = {
    "Module": {"Path": "k8s.io/kubernetes"},
    "Go": "1.26.0",
    "Godebug": [{"Key": "default", "Value": "go1.26"}],
    "Require": [
        {"Path": "github.com/spf13/cobra", "Version": "v1.10.2"},
        {"Path": "k8s.io/api", "Version": "v0.0.0"},
        {"Path": "k8s.io/klog/v2", "Version": "v2.140.0"},
        {"Path": "k8s.io/kube-openapi", "Version": "v0.0.0-20260721132016-d427ff9ee9ad"},
    ],
    "Replace": [
        {"Old": {"Path": "k8s.io/api"}, "New": {"Path": "./staging/src/k8s.io/api"}},
        {"Old": {"Path": "example.org/a"}, "New": {"Path": "example.org/b", "Version": "v1.2.3"}},
        {"Old": {"Path": "example.org/c", "Version": "v1.0.0"}, "New": {"Path": "example.org/c", "Version": "v1.0.1"}},
    ],
}


def test_kubernetes_gets_its_published_staging_modules() -> None:
    assert go_mod(KUBERNETES, DESCRIBED).splitlines() == [
        "module resize-conformance.example/kubernetes",
        "",
        "go 1.26.0",
        "godebug default=go1.26",
        "require k8s.io/kubernetes v1.37.2",
        "replace k8s.io/api => k8s.io/api v0.37.2",
        "replace example.org/a => example.org/b v1.2.3",
        "replace example.org/c v1.0.0 => example.org/c v1.0.1",
    ]


def test_a_module_without_replacements() -> None:
    text = go_mod(KUBERNETES, {"Go": "1.22", "Require": None, "Replace": None})
    assert text == "module resize-conformance.example/kubernetes\n\ngo 1.22\nrequire k8s.io/kubernetes v1.37.2\n"


def test_the_pinned_hash_becomes_a_go_sum_line() -> None:
    assert go_sum(KUBERNETES) == "k8s.io/kubernetes v1.37.2 h1:abc=\n"


def test_without_a_pinned_hash_go_fills_go_sum_itself() -> None:
    fields = {name: getattr(KUBERNETES, name) for name in Project.__slots__} | {"module_sum": None}
    assert go_sum(Project(**fields)) == ""
