"""Stand-ins for apt-get, apt-cache and dpkg-deb: they write down how they are called and make tiny packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_APT_GET = """#!/bin/sh
shift 3
echo "$@" >> {calls}
case "$1" in
update) {update} ;;
install) cat {plan} ;;
download)
    {download}
    shift
    for package; do echo "$package" > "${{package%%=*}}_1_all.deb"; done ;;
esac
"""

_APT_CACHE = """#!/bin/sh
shift 3
echo "$@" >> {calls}
case "$1" in
search) echo "linux-source-7.2 - Linux" ;;
show) printf 'Package: linux-source-7.2\\nVersion: 7.2.12-1\\nDepends: xz-utils\\n\\n' ;;
esac
"""

_DPKG_DEB = """#!/bin/sh
mkdir -p "$3/usr/bin"
name=$(basename "$2")
printf '#!/bin/sh\\necho packaged\\n' > "$3/usr/bin/${name%%_*}"
chmod +x "$3/usr/bin/${name%%_*}"
"""


class FakeApt:
    """The three commands in a directory of their own, to be put on PATH.

    Attributes:
        directory: Goes to the front of PATH.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._calls = directory / "calls"
        self._plan = directory / "plan"

    def write(self, *, plan: str = "", update: str = ":", download: str = ":") -> None:
        """Write the commands.

        Args:
            plan: What a simulated installation prints.
            update: Shell commands that ``apt-get update`` runs.
            download: Shell commands that ``apt-get download`` runs first.
        """
        self._plan.write_text(plan)
        scripts = {"apt-get": _APT_GET, "apt-cache": _APT_CACHE}
        for name, script in scripts.items():
            text = script.format(calls=self._calls, plan=self._plan, update=update, download=download)
            self._install(name, text)
        self._install("dpkg-deb", _DPKG_DEB)

    def calls(self) -> list[str]:
        """The calls of apt so far, without the options that all of them have."""
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    def _install(self, name: str, text: str) -> None:
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o755)
