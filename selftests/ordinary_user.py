"""Runs a command of the project as an ordinary user, and checks that it leaves the host as it was.

``python -m selftests.ordinary_user make conformance ...`` (as root) makes a user who owns nothing but a home, gives
them a clone of this checkout's HEAD, runs the command there without root's rights, brings the results back, and
compares mounts, interfaces, firewall, kernel settings, cgroups and files before and after. The user goes at the end.
Ends with the command's code, or with 3 where the host was changed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clusters.components.cache import CACHE_VARIABLE, default_cache_directory
from selftests.leaks.traces import host_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROJECT_ROOT = Path(__file__).parents[1]
USER = "resize-ordinary"
HOME = Path("/home") / USER
CHANGED = 3
#: A link to the newest results that a user brought back, beside those of root.
LATEST = "ordinary-user"
#: Of one kind of difference.
_MOST_TOLD = 20
#: Folders that hold no files on a disk.
_NO_FILES = ("/proc", "/sys", "/dev")
#: What is the user's own, or would lead into this checkout's environment.
_NOT_HANDED_ON = ("USER", "LOGNAME", "MAIL", "SHELL", "VIRTUAL_ENV", "OLDPWD", "PWD", "RESIZE_CONFORMANCE_STATE")


def main() -> int:
    """Run the command line's command."""
    if os.geteuid() != 0 or len(sys.argv) < 2:
        sys.stderr.write(f"usage (as root): python -m selftests.ordinary_user COMMAND ...\n{__doc__}")
        return 2
    cache = default_cache_directory()
    remove_user()
    try:
        make_user(cache)
        before = {**host_state(), "files of the user": list(files_of_user([HOME, cache]))}
        code = subprocess.run(command_as_user(sys.argv[1:], cache), cwd=HOME / "checkout", check=False).returncode
        after = {**host_state(), "files of the user": list(files_of_user([HOME, cache]))}
        bring_results_back()
    finally:
        remove_user()
    changed = [kind for kind, seen in before.items() if after[kind] != seen]
    for kind in changed:
        sys.stderr.write(f"the host's {kind} changed:\n" + "\n".join(differences(before[kind], after[kind])) + "\n")
    sys.stderr.write(f"as an ordinary user: exit code {code}; the host is {'CHANGED' if changed else 'as it was'}\n")
    return CHANGED if changed else code


def make_user(cache: Path) -> None:
    """Make the user with a clone of HEAD, and let them use the cache of components."""
    subprocess.run(["useradd", "--create-home", "--home-dir", str(HOME), "--shell", "/bin/sh", USER], check=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(PROJECT_ROOT), str(HOME / "checkout")], check=True)
    cache.mkdir(parents=True, exist_ok=True)
    for owned in (HOME, cache):
        subprocess.run(["chown", "-R", f"{USER}:", str(owned)], check=True)


def command_as_user(command: Sequence[str], cache: Path) -> list[str]:
    """The command line that runs a command with the user's rights and little of root's environment."""
    root = os.environ.get("HOME", "/root")
    environment = {
        # How packages are reached from here, for one; what leads into root's home is of no use to anybody else.
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_HANDED_ON and root not in value
    }
    environment |= {
        "HOME": str(HOME),
        "USER": USER,
        "PATH": "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin",
        CACHE_VARIABLE: str(cache),
    }
    user = pwd.getpwnam(USER)
    rights = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--bounding-set=-all"]
    settings = [f"{name}={value}" for name, value in environment.items()]
    return ["setpriv", *rights, "--no-new-privs", "env", "-i", *settings, *command]


def files_of_user(allowed: Sequence[Path]) -> Iterator[str]:
    """The files outside the allowed folders that belong to the user."""
    skipped = [word for path in (*_NO_FILES, *allowed) for word in ("-path", str(path), "-prune", "-o")]
    command = ["find", "/", *skipped, "-user", USER, "-print"]
    # Files that go while find looks are no failure.
    yield from subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def differences(before: object, after: object) -> list[str]:
    """What was added and what went, one line each."""
    old, new = (value if isinstance(value, list) else str(value).splitlines() for value in (before, after))
    found = [f"  + {entry}" for entry in new if entry not in old] + [
        f"  - {entry}" for entry in old if entry not in new
    ]
    return found[:_MOST_TOLD]


def bring_results_back() -> None:
    """Copy the newest results into this checkout's folder of results, where CI keeps them."""
    latest = HOME / "checkout" / "results" / "latest"
    if latest.exists():
        source = latest.resolve()
        shutil.copytree(source, PROJECT_ROOT / "results" / source.name, dirs_exist_ok=True)
        link = PROJECT_ROOT / "results" / LATEST
        link.unlink(missing_ok=True)
        link.symlink_to(source.name)
        sys.stderr.write(f"results: {link}\n")


def remove_user() -> None:
    """Remove the user with their home, and whatever of theirs still runs."""
    if shutil.which("pkill") is not None:
        subprocess.run(["pkill", "-KILL", "-u", USER], capture_output=True, check=False)
    subprocess.run(["userdel", "--remove", USER], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
