"""A stand-in for the go command: answers as go does and writes small scripts instead of binaries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SCRIPT = """#!/bin/sh
printf '%s|' "$@" >> {calls}
echo "CGO_ENABLED=$CGO_ENABLED" >> {calls}
case "$1 $2" in
"mod download") echo '{{"GoMod": "{described}", "Sum": "{module_sum}"}}' ;;
"mod edit") cat "$4" ;;
"env -json") echo '{{"GOVERSION": "{version}", "GOTOOLCHAIN": "local"}}' ;;
"build -mod=mod")
    {build}
    while [ "$1" != -o ]; do shift; done
    target=$2
    shift 2
    for package; do
        file=$target
        case $target in */) file=$target${{package##*/}} ;; esac
        printf '#!/bin/sh\\necho built\\n' > "$file"
        chmod +x "$file"
    done ;;
esac
"""


class FakeGo:
    """A go command in a directory of its own, to be put on PATH.

    Attributes:
        directory: Goes to the front of PATH.
        calls: A file with one line a call: the arguments and CGO_ENABLED.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.calls = directory / "calls"

    def write(self, *, module_sum: str, version: str = "go1.26.8", needs: str = "1.26.0", build: str = "") -> None:
        """Write the command.

        Args:
            module_sum: The hash that it reports of whatever module is downloaded.
            version: The version that it claims to be.
            needs: The Go version that the module's go.mod asks for.
            build: Shell commands that run before a build writes its output.
        """
        described = self.directory / "described.json"
        described.write_text(json.dumps({"Go": needs}))
        go = self.directory / "go"
        go.write_text(
            _SCRIPT.format(calls=self.calls, described=described, module_sum=module_sum, version=version, build=build)
        )
        go.chmod(0o755)

    def lines(self) -> list[str]:
        """The calls so far."""
        return self.calls.read_text().splitlines() if self.calls.exists() else []
