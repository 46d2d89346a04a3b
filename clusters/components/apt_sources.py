"""The distribution's own archive, as the host's apt sources name it: addresses, suites and keys.

Files are in the one-line and in the deb822 format, see sources.list(5).
"""

from __future__ import annotations

import email
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.errors import ComponentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HOST_SOURCES = Path("/etc/apt")

#: Packages of these components are looked for: all of Debian's free software, and the same of Ubuntu.
_COMPONENTS = ("main", "universe")

#: How a release's name may stand in the sources of a host that follows a class of releases.
_CLASSES = ("stable", "oldstable", "testing", "unstable", "sid")

_MIRROR_PATH = re.compile(r"debian|ubuntu")

_ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^]]*)]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>[^#]+)")


@dataclass(frozen=True, slots=True)
class Source:
    """One paragraph of apt's sources.

    Attributes:
        uris: Mirror addresses; apt takes any of them.
        suites: Such as ``bookworm``.
        components: Such as ``main``.
        signed_by: A keyring file or a key's text; empty where the host's trusted keys hold.
    """

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    def paragraph(self) -> str:
        """As deb822 text that asks for package indices only."""
        signed_by = f"Signed-By: {self.signed_by}\n" if self.signed_by else ""
        return (
            f"Types: deb\nURIs: {' '.join(self.uris)}\nSuites: {' '.join(self.suites)}\n"
            f"Components: {' '.join(self.components)}\n{signed_by}Targets: Packages\n"
        )


def host_release(os_release: Mapping[str, str] | None = None) -> str:
    """The host's release as its archive names it, such as ``bookworm``.

    Raises:
        ComponentError: /etc/os-release names none.
    """
    try:
        known = platform.freedesktop_os_release() if os_release is None else os_release
    except OSError as error:
        raise ComponentError(f"this system has no file os-release that says what it is: {error}") from error
    # A derivative of Ubuntu has a name of its own next to the one of the archive that it uses.
    release = known.get("UBUNTU_CODENAME") or known.get("VERSION_CODENAME")
    if not release:
        raise ComponentError(f"{known.get('PRETTY_NAME', 'this system')} is neither Debian nor Ubuntu")
    return release


def read_sources(directory: Path = HOST_SOURCES) -> list[Source]:
    """Every enabled binary source of a host, from one-line and deb822 files."""
    files = [directory / "sources.list", *sorted((directory / "sources.list.d").glob("*"))]
    sources: list[Source] = []
    for file in files:
        if file.suffix in (".list", ".sources") and os.access(file, os.R_OK):
            parse = _deb822_sources if file.suffix == ".sources" else _one_line_sources
            sources += parse(file.read_text(encoding="utf-8"))
    return sources


def _one_line_sources(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        match = _ONE_LINE.match(line.strip())
        if match is not None:
            options = dict(option.split("=", 1) for option in (match["options"] or "").split() if "=" in option)
            signed_by = options.get("signed-by", "")
            yield Source((match["uri"],), (match["suite"],), tuple(match["components"].split()), signed_by)


def _deb822_sources(text: str) -> Iterator[Source]:
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for paragraph in re.split(r"\n\s*\n", plain.strip()):
        fields = email.message_from_string(paragraph)
        if fields.get("Enabled", "yes").lower() not in ("no", "false") and "deb" in fields.get("Types", "").split():
            uris, suites, components = (
                tuple(fields.get(name, "").split()) for name in ("URIs", "Suites", "Components")
            )
            yield Source(uris, suites, components, fields.get("Signed-By", ""))


def archive_sources(sources: Sequence[Source], release: str, suite: str | None = None) -> list[Source]:
    """The distribution's own archive out of a host's sources, which may name others as well.

    Args:
        sources: From :func:`read_sources`.
        release: The host's release.
        suite: Another suite of the same archive, such as ``testing``; None for the release with its updates.

    Raises:
        ComponentError: No source is the release's.
    """
    for name in (release, *_CLASSES):
        wanted = {name, f"{name}-updates", f"{name}-security", f"{name}/updates"}
        found = [
            Source(source.uris, suites, components, source.signed_by)
            for source in sources
            if (suites := tuple(suite for suite in source.suites if suite in wanted))
            and (components := tuple(part for part in _COMPONENTS if part in source.components))
            and "main" in source.components
            and not any(uri.startswith("cdrom:") for uri in source.uris)
        ]
        bases = [source for source in found if name in source.suites]
        if bases:
            # "stable main" is what vendors call theirs as well; mirrors keep the distribution's name in the path.
            base = min(bases, key=lambda source: not any(_MIRROR_PATH.search(uri) for uri in source.uris))
            return found if suite is None else [Source(base.uris, (suite,), base.components, base.signed_by)]
    raise ComponentError(
        f"the apt sources in {HOST_SOURCES} have no archive of {release}; add it as sources.list(5) says"
    )
