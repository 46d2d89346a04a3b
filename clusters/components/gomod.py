"""The go.mod of a throw-away module that builds a published one as its authors meant it.

A module's ``replace`` and ``godebug`` lines hold only while it is the main module, so they are copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.components.pins import Project

#: Our module's path; example domains are reserved (RFC 2606), so it names nothing that exists.
MODULE_ROOT = "resize-conformance.example"


def go_mod(project: Project, described: Mapping[str, Any]) -> str:
    """The text of a go.mod that requires a project's module.

    Kubernetes requires its staging modules at v0.0.0 and replaces them with directories that the published module
    lacks. They are published as v0.MINOR.PATCH instead (k8s.io/kubernetes/staging/README.md). Modules of the same
    organisation with a real version, such as k8s.io/klog, keep it.

    Args:
        project: What is built.
        described: What ``go mod edit -json`` prints for the module's own go.mod.
    """
    lines = [f"module {MODULE_ROOT}/{project.name}", "", f"go {described['Go']}"]
    lines += [f"godebug {setting['Key']}={setting['Value']}" for setting in described.get("Godebug") or ()]
    lines.append(f"require {project.module} v{project.version}")
    staged = "v0." + project.version.split(".", 1)[1]
    for required in described.get("Require") or ():
        if required["Version"] == "v0.0.0":
            lines.append(f"replace {required['Path']} => {required['Path']} {staged}")
    for replaced in described.get("Replace") or ():
        # A replacement without a version is a directory of the authors' checkout.
        if "Version" in replaced["New"]:
            lines.append(f"replace {_module(replaced['Old'])} => {_module(replaced['New'])}")
    return "\n".join(lines) + "\n"


def go_sum(project: Project) -> str:
    """A go.sum with the pinned hash: Go refuses a module that differs from it, whatever its checksum database says."""
    if project.module_sum is None:
        return ""
    return f"{project.module} v{project.version} {project.module_sum}\n"


def _module(named: Mapping[str, str]) -> str:
    return f"{named['Path']} {named['Version']}" if "Version" in named else named["Path"]
