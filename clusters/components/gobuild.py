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

from clusters.components.errors import ComponentError, last_lines
from clusters.components.gomod import go_mod, go_sum
from clusters.components.packages import tree_environment, unpacked
from clusters.components.pins import architecture
from clusters.components.room import is_scarce, require_room

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clusters.components.cache import ComponentCache
    from clusters.components.pins import Project
    from clusters.progress import Progress

TEMPLATES = Path(__file__).with_name("go")

#: How much of a failed command's output goes into the message; the log has all of it.
_TAIL_LINES = 20

#: A binary with C code is linked statically, so that it runs in a root file system without libraries. The tags are
#: those of upstream's own static build (GO_BUILD_STATIC in runc's Makefile); they keep glibc's plugins out of it.
_STATIC_TAGS = ("netgo", "osusergo")
_STATIC_LDFLAGS = ("-extldflags=-static",)

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
        cache: Gets the distribution's packages with C headers that are not installed; without it that is an error.
        spare_disk: Whether builds leave nothing in Go's caches; they don't in any case where disk is scarce.
    """

    def __init__(
        self, log_directory: Path, progress: Progress, cache: ComponentCache | None = None, *, spare_disk: bool = False
    ) -> None:
        self._log_directory = log_directory
        self._progress = progress
        self._cache = cache
        self._spare_disk = spare_disk

    def build(self, project: Project, output: Path, work: Path) -> None:
        """Build a project's components.

        Args:
            project: What is built.
            output: The directory that gets the binaries.
            work: A directory for go.mod, sources and Go's temporary files; the caller removes it.

        Raises:
            ComponentError: A tool is missing or too old, or a command failed.
        """
        go = find_go()
        c_environment = self._c_environment(project) if project.build.cgo else {}
        work.mkdir(parents=True, exist_ok=True)
        self._log_directory.mkdir(parents=True, exist_ok=True)
        log = self._log_directory / f"{project.name}-v{project.version}.log"
        log.write_text("", encoding="utf-8")
        environment = _environment(project, work) | c_environment
        environment |= self._caches(go, project, work, environment)
        with self._progress.step(f"building {project.title} with Go"):
            described = self._describe_module(go, project, work, environment, log)
            _require_go_version(go, project, described["Go"], environment)
            (work / "go.mod").write_text(go_mod(project, described), encoding="utf-8")
            (work / "go.sum").write_text(go_sum(project), encoding="utf-8")
            command = [go, *_build_arguments(project, output, work)]
            _run(project, command, work, environment, log)
        _name_components(project, output)

    def _caches(self, go: str, project: Project, work: Path, environment: Mapping[str, str]) -> dict[str, str]:
        """Make sure of room on the disk; variables for caches that go with the work directory, if disk is scarce."""
        settings = _go_settings(go, environment, "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY")
        usual = [Path(settings[name]) for name in ("GOCACHE", "GOMODCACHE") if settings.get(name)]
        spare = self._spare_disk or any(is_scarce(directory) for directory in usual)
        require_room(project.title, project.build.disk_bytes, [work] if spare else [work, *usual])
        if not spare:
            return {}
        self._progress.say(f"{project.title}: to spare disk, the build leaves nothing in Go's caches")
        # What go has downloaded is read-only otherwise, and could not be removed.
        own = {"GOFLAGS": f"{settings.get('GOFLAGS', '')} -modcacherw".strip()}
        own |= {name: str(work / name.lower()) for name in ("GOCACHE", "GOMODCACHE")}
        if settings.get("GOMODCACHE") and settings.get("GOPROXY"):
            # What is in the usual cache need not be fetched again (https://go.dev/ref/mod#module-cache).
            own["GOPROXY"] = f"file://{settings['GOMODCACHE']}/cache/download,{settings['GOPROXY']}"
        return own

    def _c_environment(self, project: Project) -> dict[str, str]:
        """Variables for the C part of a build, its headers being taken from unpacked packages where none are there."""
        libraries = _missing_libraries(project)
        missing = ["gcc"] if shutil.which("gcc") is None else []
        cause = ""
        if libraries and not missing and self._cache is not None:
            packages = [*(f"{library}-dev" for library in libraries), "pkg-config"]
            try:
                return _unpacked_environment(unpacked(self._cache, self._progress, packages))
            except ComponentError as error:
                cause = f" Getting them without installing them failed: {error}"
        missing += [f"the headers of {library}" for library in libraries]
        if missing:
            headers = " ".join(f"{library}-dev" for library in project.build.pkg_config)
            raise ComponentError(
                f"{project.title} needs a C compiler to build; missing: {', '.join(missing)}. "
                f"On Debian or Ubuntu: apt-get install gcc libc6-dev pkg-config {headers}. "
                f"Or name a ready binary with --components-dir.{cause}"
            )
        return {}

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


def _minor(project: Project) -> int:
    return int(project.version.split(".")[1])


def _tags(project: Project) -> str:
    minor = _minor(project)
    since = project.build.tags_from_minor
    static = _STATIC_TAGS if project.build.cgo else ()
    return ",".join([*project.build.tags, *(tag for tag, first in since.items() if minor >= first), *static])


def _ldflags(project: Project) -> str:
    static = _STATIC_LDFLAGS if project.build.cgo else ()
    until = project.build.ldflags_to_minor
    flags = [*project.build.ldflags, *(flag for flag, last in until.items() if _minor(project) <= last)]
    return " ".join(["-s", "-w", *(project.fill(flag) for flag in flags), *static])


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


def find_go() -> str:
    """The command go.

    Raises:
        ComponentError: It is not installed.
    """
    # /usr/local/go is where Go's own instructions put it, often without a change of PATH.
    found = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if found is None:
        raise ComponentError(f"the command go was not found. {_GO_INSTALL}")
    return found


def _require_go_version(go: str, project: Project, needed: str, environment: Mapping[str, str]) -> None:
    settings = _go_settings(go, environment, "GOVERSION", "GOTOOLCHAIN")
    # Any other setting lets Go fetch the toolchain that a module wants (https://go.dev/doc/toolchain).
    if settings["GOTOOLCHAIN"] == "local" and _go_version(settings["GOVERSION"]) < _go_version(needed):
        raise ComponentError(
            f"{project.title} needs Go {needed} or newer, but {go} is {settings['GOVERSION']} and GOTOOLCHAIN=local "
            f"keeps it from fetching a newer one. {_GO_INSTALL}"
        )


def _go_settings(go: str, environment: Mapping[str, str], *names: str) -> dict[str, str]:
    command = [go, "env", "-json", *names]
    printed = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(environment))
    if printed.returncode != 0:
        raise ComponentError(f"`go env` failed:\n{last_lines(printed.stderr, _TAIL_LINES)}\n{_GO_INSTALL}")
    settings: dict[str, str] = json.loads(printed.stdout)
    return settings


def _go_version(text: str) -> tuple[int, ...]:
    """``go1.26.8`` as ``(1, 26, 8)``."""
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _missing_libraries(project: Project) -> list[str]:
    """The C libraries without headers on this machine, as pkg-config names them."""
    if shutil.which("pkg-config") is None:
        return list(project.build.pkg_config)
    return [
        library
        for library in project.build.pkg_config
        if subprocess.run(["pkg-config", "--exists", library], check=False).returncode != 0
    ]


def _unpacked_environment(root: Path) -> dict[str, str]:
    """Variables with which cgo finds the headers and static libraries of an unpacked tree."""
    places = sorted(root.glob("usr/lib/*-linux-gnu/pkgconfig"))
    return tree_environment(root) | {
        "PKG_CONFIG": str(root / "usr/bin/pkg-config"),
        "PKG_CONFIG_LIBDIR": os.pathsep.join(map(str, places)),
        "PKG_CONFIG_SYSROOT_DIR": str(root),
        # Without these it leaves out /usr/include and the like before it puts the root in front of them.
        "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1",
        "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1",
    }


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
        tail = last_lines(log.read_text(encoding="utf-8", errors="replace"), _TAIL_LINES)
        raise ComponentError(
            f"{project.title} could not be built: `{' '.join(command[:3])}` ended with {process.returncode}. "
            f"Its last lines:\n{tail}\nThe full log is {log}. If modules could not be fetched, check `go env GOPROXY`."
        )
    return printed
