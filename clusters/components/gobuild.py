"""Builds components with Go from published modules."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clusters.components.errors import ComponentError
from clusters.components.gomod import go_mod, go_sum
from clusters.components.pins import architecture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clusters.components.pins import Project
    from clusters.progress import Progress

TEMPLATES = Path(__file__).with_name("go")

#: How much of a failed command's output goes into the message; the log has all of it.
_TAIL_LINES = 20

_GO_INSTALL = "Install Go from https://go.dev/doc/install, or name ready binaries with --components-dir."


def recipe(project: Project) -> str:
    """Fingerprint of everything in this checkout that a build depends on."""
    digest = hashlib.sha256()
    settings = [
        project.module,
        project.version,
        project.build.cgo,
        _tags(project),
        _ldflags(project),
        _packages(project),
    ]
    digest.update(json.dumps(settings).encode())
    if project.build.template:
        for source in sorted((TEMPLATES / project.build.template).glob("*.go")):
            digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


class GoBuilder:
    """Runs the Go toolchain.

    Args:
        log_directory: Gets one log a project; it is made when needed.
        progress: Where long steps are told.
    """

    def __init__(self, log_directory: Path, progress: Progress) -> None:
        self._log_directory = log_directory
        self._progress = progress

    def build(self, project: Project, output: Path, work: Path) -> None:
        """Build a project's components.

        Args:
            project: What is built.
            output: The directory that gets the binaries.
            work: A directory for go.mod, sources and Go's temporary files; the caller removes it.

        Raises:
            ComponentError: A tool is missing or too old, or a command failed.
        """
        go = _find_go()
        if project.build.cgo:
            _require_c_tools(project)
        work.mkdir(parents=True, exist_ok=True)
        self._log_directory.mkdir(parents=True, exist_ok=True)
        log = self._log_directory / f"{project.name}-v{project.version}.log"
        log.write_text("", encoding="utf-8")
        environment = _environment(project, work)
        with self._progress.step(f"building {project.title} with Go"):
            described = self._describe_module(go, project, work, environment, log)
            _require_go_version(go, project, described["Go"], environment)
            (work / "go.mod").write_text(go_mod(project, described), encoding="utf-8")
            (work / "go.sum").write_text(go_sum(project), encoding="utf-8")
            command = [go, *_build_arguments(project, output, work)]
            _run(project, command, work, environment, log)
        _name_components(project, output)

    def _describe_module(
        self, go: str, project: Project, work: Path, environment: Mapping[str, str], log: Path
    ) -> dict[str, Any]:
        """The module's own go.mod as ``go mod edit -json`` prints it."""
        module = f"{project.module}@v{project.version}"
        downloaded = json.loads(_run(project, [go, "mod", "download", "-json", module], work, environment, log))
        if project.module_sum not in (None, downloaded["Sum"]):
            raise ComponentError(
                f"the Go module {module} has the hash {downloaded['Sum']} instead of the pinned {project.module_sum}: "
                f"somebody changed it under way. Check the module proxy that `go env GOPROXY` names."
            )
        described: dict[str, Any] = json.loads(
            _run(project, [go, "mod", "edit", "-json", downloaded["GoMod"]], work, environment, log)
        )
        return described


def _build_arguments(project: Project, output: Path, work: Path) -> list[str]:
    template = project.build.template
    if template:
        for source in (TEMPLATES / template).glob("*.go"):
            shutil.copy(source, work)
    # A trailing slash makes go put each package's binary into the directory under its own name.
    target = output / project.name if template else f"{output}/"
    # -mod=mod writes the missing go.mod and go.sum lines; `go mod tidy` would fetch the dependencies of all tests too.
    settings = ["-mod=mod", "-trimpath", "-buildvcs=false", "-ldflags", _ldflags(project), "-tags", _tags(project)]
    return ["build", *settings, "-o", str(target), *_packages(project)]


def _packages(project: Project) -> list[str]:
    build = project.build
    if build.template:
        return ["."]
    return [project.fill(build.packages.get(name, build.package), component=name) for name in project.components]


def _tags(project: Project) -> str:
    minor = int(project.version.split(".")[1])
    since = project.build.tags_from_minor
    return ",".join([*project.build.tags, *(tag for tag, first in since.items() if minor >= first)])


def _ldflags(project: Project) -> str:
    return " ".join(["-s", "-w", *(project.fill(flag) for flag in project.build.ldflags)])


def _name_components(project: Project, output: Path) -> None:
    """Give a multi-call binary the names it acts on; hard links, as symbolic ones break when bind mounted."""
    for component in project.components:
        path = output / component
        if not path.exists():
            path.hardlink_to(output / project.name)


def _environment(project: Project, work: Path) -> dict[str, str]:
    """The user's environment (proxies, module proxy, checksum database) with what would change the result set."""
    temporary = work / "tmp"
    temporary.mkdir(exist_ok=True)
    return os.environ | {
        "CGO_ENABLED": "1" if project.build.cgo else "0",
        "GOOS": "linux",
        "GOARCH": architecture(),
        "GOWORK": "off",
        # What a killed build leaves behind is then removed with its work directory.
        "GOTMPDIR": str(temporary),
    }


def _find_go() -> str:
    # /usr/local/go is where Go's own instructions put it, often without a change of PATH.
    found = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if found is None:
        raise ComponentError(f"the command go was not found. {_GO_INSTALL}")
    return found


def _require_go_version(go: str, project: Project, needed: str, environment: Mapping[str, str]) -> None:
    printed = subprocess.run(
        [go, "env", "-json", "GOVERSION", "GOTOOLCHAIN"], capture_output=True, check=True, env=dict(environment)
    )
    settings = json.loads(printed.stdout)
    # Any other setting lets Go fetch the toolchain that a module wants (https://go.dev/doc/toolchain).
    if settings["GOTOOLCHAIN"] == "local" and _go_version(settings["GOVERSION"]) < _go_version(needed):
        raise ComponentError(
            f"{project.title} needs Go {needed} or newer, but {go} is {settings['GOVERSION']} and GOTOOLCHAIN=local "
            f"keeps it from fetching a newer one. {_GO_INSTALL}"
        )


def _go_version(text: str) -> tuple[int, ...]:
    """``go1.26.8`` as ``(1, 26, 8)``."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _require_c_tools(project: Project) -> None:
    missing = [tool for tool in ("gcc", "pkg-config") if shutil.which(tool) is None]
    if "pkg-config" not in missing:
        missing += [
            f"the headers of {library}"
            for library in project.build.pkg_config
            if subprocess.run(["pkg-config", "--exists", library], check=False).returncode != 0
        ]
    if missing:
        packages = " ".join(["gcc", "libc6-dev", "pkg-config", *(f"{name}-dev" for name in project.build.pkg_config)])
        raise ComponentError(
            f"{project.title} needs a C compiler to build; missing: {', '.join(missing)}. "
            f"On Debian or Ubuntu: apt-get install {packages}. Or name a ready binary with --components-dir."
        )


def _run(project: Project, command: Sequence[str], work: Path, environment: Mapping[str, str], log: Path) -> str:
    """Run a command, its errors going to the log, and return what it printed."""
    with log.open("a", encoding="utf-8") as errors:
        errors.write(f"$ {' '.join(command)}\n")
        errors.flush()
        process = subprocess.Popen(
            command, cwd=work, env=dict(environment), stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            printed, _ = process.communicate()
        except BaseException:
            # Asked politely, go ends its compilers too.
            process.terminate()
            process.wait()
            raise
        errors.write(printed)
    if process.returncode != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
        tail = "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])
        raise ComponentError(
            f"{project.title} could not be built: `{' '.join(command[:3])}` ended with {process.returncode}. "
            f"Its last lines:\n{tail}\nThe full log is {log}. If modules could not be fetched, check `go env GOPROXY`."
        )
    return printed
