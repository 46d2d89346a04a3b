"""Builds Kubernetes' own e2e.test, as far as it is about resizing, from the published Go module into the cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters.components.errors import ComponentError, last_lines
from clusters.components.gobuild import find_go
from clusters.components.gomod import go_mod, go_sum
from clusters.components.pins import architecture, load_pins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.components.cache import ComponentCache
    from clusters.components.pins import Project
    from clusters.progress import Progress
    from clusters.versions import KubeVersion

_NAME = "e2e.test"
#: Our main package; upstream's own can't be built without all of its cases.
_SOURCE = Path(__file__).parent / "go" / "e2e_test.go"


def e2e_test(version: KubeVersion, cache: ComponentCache, progress: Progress) -> Path:
    """The test binary of a version; making it takes Go some minutes.

    Raises:
        ComponentError: Go is missing or does not build it.
    """
    project = next(project for project in load_pins().projects(version) if project.name == "kubernetes")

    def fill(content: Path) -> str:
        work = content.parent / "build"
        work.mkdir()
        # Go uses every core by itself, see ComponentResolver.
        with cache.lock("go-build"), progress.step(f"building {_NAME} of {project.title} with Go"):
            _build(project, content / _NAME, work, cache.directory / "logs" / f"{_NAME}-v{project.version}.log")
        return "build"

    entry, _ = cache.get(f"e2e-test-v{project.version}-{architecture()}", _recipe(project), fill)
    return entry.directory / _NAME


def _build(project: Project, binary: Path, work: Path, log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("", encoding="utf-8")
    go = find_go()
    module = f"{project.module}@v{project.version}"
    downloaded = json.loads(_run([go, "mod", "download", "-json", module], work, log))
    described: dict[str, Any] = json.loads(_run([go, "mod", "edit", "-json", downloaded["GoMod"]], work, log))
    (work / "go.mod").write_text(go_mod(project, described), encoding="utf-8")
    (work / "go.sum").write_text(go_sum(project), encoding="utf-8")
    shutil.copy(_SOURCE, work)
    _run([go, *_arguments(project), "-o", str(binary), "."], work, log)


def _arguments(project: Project) -> list[str]:
    """The settings of the components' own build, so that Go's cache serves both."""
    flags = " ".join(["-s", "-w", *(project.fill(flag) for flag in project.build.ldflags)])
    return ["test", "-c", "-vet=off", "-mod=mod", "-trimpath", "-buildvcs=false", "-ldflags", flags]


def _recipe(project: Project) -> str:
    settings = [project.module, project.version, _arguments(project), _SOURCE.read_text(encoding="utf-8")]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def _run(command: Sequence[str], work: Path, log: Path) -> str:
    environment = os.environ | {"CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": architecture(), "GOWORK": "off"}
    # It is big, and others may want the cores meanwhile.
    polite = ["nice", "-n", "10", *command]
    with log.open("a", encoding="utf-8") as errors:
        done = subprocess.run(
            polite, cwd=work, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, check=False
        )
    if done.returncode != 0:
        tail = last_lines(log.read_text(encoding="utf-8", errors="replace"), 20)
        raise ComponentError(f"{_NAME} could not be built; the last lines of {log}:\n{tail}")
    return done.stdout
