"""Builds the User-Mode Linux kernel out of a source package, as an ordinary user."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.errors import ComponentError, last_lines
from clusters.components.packages import tree_environment, unpack, unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clusters.components.cache import ComponentCache
    from clusters.progress import Progress

FRAGMENT = Path(__file__).with_name("kernel.config")

#: Programs that the build runs and few machines have, by package; they are unpacked where they are missing.
_UNPACKED_TOOLS = {"flex": "flex", "bison": "bison", "m4": "m4", "bc": "bc"}

#: Programs that must be installed, by package.
_INSTALLED_TOOLS = {"gcc": "gcc", "ld": "binutils", "make": "make", "tar": "tar", "xz": "xz-utils"}

#: Half of the source's files, which no build of arch/um with our options reads: unpacking and removing take less time.
_LEFT_OUT = (
    "*.rst",
    "*.yaml",
    "*.dts",
    "*.dtsi",
    "*/arch/[!ux]*/*.[chS]",
    "*/drivers/gpu/*.[ch]",
    "*/drivers/media/*.[ch]",
    "*/drivers/net/ethernet/*.[ch]",
    "*/drivers/net/wireless/*.[ch]",
    "*/sound/*.[ch]",
    "*/tools/testing/*",
)

#: Settings of a build: what is named here, or not, does not depend on who builds where.
_BUILD_VARIABLES = {
    "ARCH": "um",
    "KBUILD_BUILD_USER": "resize-conformance",
    "KBUILD_BUILD_HOST": "resize-conformance",
    "KBUILD_BUILD_TIMESTAMP": "1970-01-01",
}

#: What `make conformance` or a user's shell may have set, and what would change this build.
_UNWANTED_VARIABLES = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "CROSS_COMPILE", "LOCALVERSION", "KCFLAGS")

_TAIL_LINES = 20

_OPTION = re.compile(r"^(CONFIG_\w+)=(.+)$", re.MULTILINE)


def recipe() -> str:
    """Fingerprint of everything in this checkout that a build depends on."""
    settings = [sorted(_OPTION.findall(FRAGMENT.read_text(encoding="utf-8"))), _BUILD_VARIABLES]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def require_tools() -> None:
    """Make sure that what can't be unpacked is installed.

    Raises:
        ComponentError: It is not; the message names the packages.
    """
    missing = [package for tool, package in _INSTALLED_TOOLS.items() if shutil.which(tool) is None]
    if "gcc" not in missing:
        # The kernel's headers come with those of the C library.
        check = ["gcc", "-fsyntax-only", "-x", "c", "-"]
        program = b"#include <stdlib.h>\n#include <linux/types.h>\n"
        if subprocess.run(check, input=program, capture_output=True, check=False).returncode != 0:
            missing.append("libc6-dev")
    if missing:
        raise ComponentError(
            f"building the User-Mode Linux kernel needs the packages {', '.join(missing)}. "
            f"On Debian or Ubuntu: apt-get install {' '.join(missing)}. "
            f"Or put a ready kernel as the file linux into the directory of --components-dir."
        )


def missing_options(fragment: str, configuration: str) -> list[str]:
    """Options of a fragment, such as ``CONFIG_PSI=y``, that a kernel's ``.config`` does not have."""
    there = dict(_OPTION.findall(configuration))
    return [f"{name}={value}" for name, value in _OPTION.findall(fragment) if there.get(name) != value]


def build_kernel(cache: ComponentCache, progress: Progress, version: str, package: Path, output: Path) -> None:
    """Build a kernel.

    Args:
        cache: Gets the log, and packages with tools that are not installed.
        progress: Where long steps are told.
        version: The kernel's version, for messages.
        package: A downloaded package ``linux-source-N``; the sources are unpacked beside it, and it is removed.
        output: The directory that gets the program ``linux``.

    Raises:
        ComponentError: A tool is missing, the source lacks an option that the suite needs, or a command failed.
    """
    log = cache.directory / "logs" / f"linux-um-v{version}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("", encoding="utf-8")
    work = package.parent
    tree, objects = work / "source", work / "objects"
    tree.mkdir()
    objects.mkdir()
    environment = _environment(cache, progress)
    with progress.step(f"unpacking the source of Linux {version}"):
        unpack(package, work / "package")
        package.unlink()
        archive = next((work / "package/usr/src").glob("**/linux-source-*.tar.*"))
        left_out = [f"--exclude={pattern}" for pattern in _LEFT_OUT]
        _run(["tar", "-xf", archive, "--strip-components=1", "-C", tree, *left_out], environment, log)
    with progress.step(f"building the User-Mode Linux kernel {version}, once, about 4 minutes on 2 cores"):
        make: list[str | Path] = ["make", "-C", tree, f"O={objects}"]
        _run([*make, "allnoconfig", f"KCONFIG_ALLCONFIG={FRAGMENT}"], environment, log)
        fragment, configuration = (
            FRAGMENT.read_text(encoding="utf-8"),
            (objects / ".config").read_text(encoding="utf-8"),
        )
        missing = missing_options(fragment, configuration)
        if missing:
            raise ComponentError(
                f"Linux {version} does not take these options of {FRAGMENT.name}: {', '.join(missing)}. "
                f"Each was renamed, or needs another option; correct the file."
            )
        _run([*make, f"-j{len(os.sched_getaffinity(0))}", "linux"], environment, log)
        _run(["strip", "-o", output / "linux", objects / "linux"], environment, log)


def _environment(cache: ComponentCache, progress: Progress) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _UNWANTED_VARIABLES}
    environment |= _BUILD_VARIABLES | {"LC_ALL": "C"}
    missing = [package for tool, package in _UNPACKED_TOOLS.items() if shutil.which(tool) is None]
    if missing:
        root = unpacked(cache, progress, missing)
        environment |= tree_environment(root)
        # Both have paths below /usr built in.
        if (root / "usr/bin/m4").exists():
            environment["M4"] = str(root / "usr/bin/m4")
        if (root / "usr/share/bison").exists():
            environment["BISON_PKGDATADIR"] = str(root / "usr/share/bison")
    return environment


def _run(command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> None:
    with log.open("a", encoding="utf-8") as output:
        output.write(f"$ {' '.join(map(str, command))}\n")
        output.flush()
        process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            process.wait()
        except BaseException:
            # Asked politely, make ends its compilers too.
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        tail = last_lines(log.read_text(encoding="utf-8", errors="replace"), _TAIL_LINES)
        raise ComponentError(
            f"the User-Mode Linux kernel could not be built: `{command[0]}` ended with {process.returncode}. "
            f"Its last lines:\n{tail}\nThe full log is {log}."
        )
