from __future__ import annotations

from pathlib import Path

import pytest

from clusters.components.apt_sources import Source, archive_sources, host_release, read_sources
from clusters.components.errors import ComponentError

DEB822 = """\
# Written by an installer
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
# a comment in between
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
# deb http://off.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/browser.gpg] https://browser.example/linux stable main
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian/ bookworm main contrib # the archive
deb cdrom:[Debian 12]/ bookworm main
"""


def sources_of(directory: Path, **files: str) -> list[Source]:
    (directory / "sources.list.d").mkdir()
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        folder = directory if stem == "sources" else directory / "sources.list.d"
        (folder / f"{stem}.{suffix}").write_text(text)
    return read_sources(directory)


def test_paragraphs_are_read_with_their_keys_and_without_disabled_ones(tmp_path: Path) -> None:
    archive, security = sources_of(tmp_path, debian_sources=DEB822)
    assert archive == Source(
        ("http://mirror.example/debian",),
        ("bookworm", "bookworm-updates"),
        ("main", "contrib"),
        "/usr/share/keyrings/archive.gpg",
    )
    assert security.suites == ("bookworm-security",)
    assert "\n .\n mDMEY\n" in security.signed_by
    # Written out again it is the same paragraph to apt: each further line of the key is indented.
    key = security.paragraph().split("Signed-By:")[1].split("Targets:")[0]
    assert all(line.startswith(" ") for line in key.strip("\n").splitlines()[1:])


def test_lines_are_read_with_their_options(tmp_path: Path) -> None:
    browser, archive, *_ = sources_of(tmp_path, sources_list=ONE_LINE)
    assert browser == Source(("https://browser.example/linux",), ("stable",), ("main",), "/keys/browser.gpg")
    assert archive == Source(("http://mirror.example/debian/",), ("bookworm",), ("main", "contrib"))


def test_the_distributions_archive_is_told_from_others(tmp_path: Path) -> None:
    sources = sources_of(tmp_path, a_list=ONE_LINE, debian_sources=DEB822)
    found = archive_sources(sources, "bookworm")
    assert [source.uris[0] for source in found] == [
        "http://mirror.example/debian/",
        "http://mirror.example/debian",
        "http://mirror.example/security",
    ]
    assert {part for source in found for part in source.components} == {"main"}


def test_another_suite_is_looked_for_where_the_release_is(tmp_path: Path) -> None:
    sources = sources_of(tmp_path, debian_sources=DEB822)
    assert archive_sources(sources, "bookworm", "testing") == [
        Source(("http://mirror.example/debian",), ("testing",), ("main",), "/usr/share/keyrings/archive.gpg")
    ]


def test_a_host_that_follows_a_class_of_releases_is_understood() -> None:
    testing = Source(("http://mirror.example/debian",), ("testing",), ("main",))
    assert archive_sources([testing], "forky") == [testing]


def test_a_vendors_stable_is_not_taken_for_the_distributions() -> None:
    vendor = Source(("https://browser.example/linux",), ("stable",), ("main",), "/keys/browser.gpg")
    archive = Source(("http://mirror.example/debian",), ("stable",), ("main",))
    (found,) = archive_sources([vendor, archive], "bookworm", "testing")
    assert found.uris == archive.uris


def test_sources_without_the_archive_are_an_error() -> None:
    other = Source(("http://other.example/tools",), ("nodistro",), ("main",))
    with pytest.raises(ComponentError, match="have no archive of bookworm"):
        archive_sources([other], "bookworm")


@pytest.mark.parametrize(
    ("os_release", "release"),
    [
        ({"ID": "debian", "VERSION_CODENAME": "bookworm"}, "bookworm"),
        ({"ID": "linuxmint", "VERSION_CODENAME": "wilma", "UBUNTU_CODENAME": "noble"}, "noble"),
    ],
)
def test_the_release_is_the_archives(os_release: dict[str, str], release: str) -> None:
    assert host_release(os_release) == release


def test_a_system_without_a_named_release_is_an_error() -> None:
    with pytest.raises(ComponentError, match="Arch Linux is neither Debian nor Ubuntu"):
        host_release({"ID": "arch", "PRETTY_NAME": "Arch Linux"})
