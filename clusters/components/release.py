"""Official release downloads, verified by their published SHA-256."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from clusters.components.errors import ComponentError

if TYPE_CHECKING:
    from pathlib import Path

    from clusters.components.pins import Project
    from clusters.progress import Progress

#: A host that accepts no connection for so long is taken for unreachable.
CONNECT_TIMEOUT_S = 3.0
#: No byte for so long means that a transfer hangs.
READ_TIMEOUT_S = 30.0

_ATTEMPTS = 2
_CHUNK_BYTES = 1 << 20
_SHA256_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64})(?:\s+\*?(?P<name>\S+))?")


class ReleaseUnavailableError(Exception):
    """A release can't be had from here, so a build is worth trying; the text names the URL and the cause."""


class _BrokenTransferError(ReleaseUnavailableError):
    """A transfer broke off; trying again may help."""


class ReleaseClient:
    """Downloads releases; a host that was unreachable once is not tried again.

    Args:
        mirror: Takes the place of scheme and host in every URL: with ``http://mirror/k8s``, the file
            ``https://dl.k8s.io/release/v1.37.2/...`` is fetched from ``http://mirror/k8s/release/v1.37.2/...``.
        progress: Where long steps are told.
        connect_timeout_s: Seconds until a host counts as unreachable.
        read_timeout_s: Seconds without a byte until a transfer counts as broken.

    Raises:
        ComponentError: The mirror is no HTTP address.
    """

    def __init__(
        self,
        mirror: str | None,
        progress: Progress,
        *,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        if mirror is not None and not re.match(r"https?://[^/]", mirror):
            raise ComponentError(f"--mirror {mirror} is no address; write it as https://mirror.example/path")
        self._mirror = mirror
        self._progress = progress
        self._timeouts_s = (connect_timeout_s, read_timeout_s)
        self._unreachable: dict[str, str] = {}

    def url(self, official: str) -> str:
        """Where an official URL is fetched from."""
        return official if self._mirror is None else self._mirror.rstrip("/") + urlsplit(official).path

    def fetch(self, project: Project, output: Path, work: Path) -> None:
        """Download a project's components.

        Args:
            project: What is downloaded.
            output: The directory that gets the binaries.
            work: A directory for downloads; the caller removes it.

        Raises:
            ReleaseUnavailableError: There is no release to be had from here.
            ComponentError: A file doesn't have its published checksum.
        """
        if project.release is None:
            raise ReleaseUnavailableError(f"upstream publishes no checksum with the binaries of {project.title}")
        work.mkdir(parents=True, exist_ok=True)
        downloads: dict[str, Path] = {}
        for component in project.components:
            url = self.url(project.fill(project.release.url, component=component))
            if url not in downloads:
                checksum_url = self.url(project.fill(project.release.checksum_url, component=component))
                downloads[url] = self._download(url, checksum_url, work / f"{len(downloads)}.download")
            target = output / component
            if project.release.member is None:
                downloads[url].rename(target)
            else:
                _extract(url, downloads[url], project.fill(project.release.member, component=component), target)
            target.chmod(0o755)

    def _download(self, url: str, checksum_url: str, target: Path) -> Path:
        # The small file goes first: without it the large one is of no use.
        expected = _published_digest(self._get_text(checksum_url), checksum_url, url.rsplit("/", 1)[1])
        with self._progress.step(f"downloading {url}"):
            attempts = Retrying(
                stop=stop_after_attempt(_ATTEMPTS), retry=retry_if_exception_type(_BrokenTransferError), reraise=True
            )
            actual = attempts(self._get_file, url, target)
        if actual != expected:
            target.unlink()
            raise ComponentError(
                f"{url} has the SHA-256 {actual}, but {checksum_url} says {expected}. The file was not used. "
                f"Check the mirror or proxy in between, or name ready binaries with --components-dir."
            )
        return target

    def _get_text(self, url: str) -> str:
        try:
            with self._open(url) as response:
                return response.text
        except requests.RequestException as error:
            self._give_up(url, error)

    def _get_file(self, url: str, target: Path) -> str:
        """Write a URL's content to a file and return its SHA-256."""
        digest = hashlib.sha256()
        try:
            with self._open(url) as response, target.open("wb") as file:
                for chunk in response.iter_content(_CHUNK_BYTES):
                    digest.update(chunk)
                    file.write(chunk)
        except requests.RequestException as error:
            self._give_up(url, error)
        return digest.hexdigest()

    def _open(self, url: str) -> requests.Response:
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise ReleaseUnavailableError(f"{url} was not tried: {self._unreachable[host]}")
        # identity: an archive must arrive as it was hashed, not unpacked under way.
        response = requests.get(url, stream=True, timeout=self._timeouts_s, headers={"Accept-Encoding": "identity"})
        if response.status_code != requests.codes.ok:
            response.close()
            raise ReleaseUnavailableError(
                f"{url} answers {response.status_code} {response.reason}; is this version published there?"
            )
        return response

    def _give_up(self, url: str, error: requests.RequestException) -> NoReturn:
        host = urlsplit(url).netloc
        if isinstance(error, (requests.ConnectTimeout, requests.ConnectionError)) and not isinstance(
            error, requests.exceptions.ChunkedEncodingError
        ):
            cause = f"{host} can't be reached ({_innermost(error)})"
            self._unreachable[host] = cause
            raise ReleaseUnavailableError(f"{url}: {cause}") from error
        raise _BrokenTransferError(f"{url} broke off ({_innermost(error)})") from error


def _published_digest(text: str, checksum_url: str, name: str) -> str:
    """The SHA-256 of a file, from a bare digest or from lines as sha256sum prints them (signed text included)."""
    for line in text.splitlines():
        match = _SHA256_LINE.fullmatch(line.strip())
        if match is not None and (match["name"] is None or match["name"].rsplit("/", 1)[-1] == name):
            return match["digest"].lower()
    raise ReleaseUnavailableError(f"{checksum_url} holds no SHA-256 of {name}")


def _extract(url: str, archive: Path, member: str, target: Path) -> None:
    try:
        with tarfile.open(archive) as opened:
            for entry in opened:
                content = opened.extractfile(entry) if _plain(entry.name) == _plain(member) else None
                if content is not None:
                    with content, target.open("wb") as file:
                        shutil.copyfileobj(content, file, _CHUNK_BYTES)
                    return
    except tarfile.TarError as error:
        raise ReleaseUnavailableError(f"{url} is no tar archive ({error})") from error
    raise ReleaseUnavailableError(f"{url} holds no {member}")


def _plain(member: str) -> str:
    return member.removeprefix("./")


def _innermost(error: BaseException) -> str:
    """What the operating system said, out of the layers that requests and urllib3 put around it."""
    while error.args and isinstance(error.args[0], BaseException):
        error = error.args[0]
    reason = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return _innermost(reason)
    # urllib3 puts "HTTPConnection(host=..., port=...): " in front of the sentence.
    return re.sub(r"^<?\w+\(.*?\)>?: ", "", str(error)) or type(error).__name__
