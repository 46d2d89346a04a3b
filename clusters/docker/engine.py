"""The Docker engine that the nodes run in: whether it answers, what it is, and what there is of a cluster in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import docker
import docker.errors
import requests

from clusters.contract import ClusterError
from clusters.requirement import Requirement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clusters.progress import Progress

#: An engine that is there answers within milliseconds; starting a container on a busy machine takes longer.
_TIMEOUT_S = 60
_ABSENT = (docker.errors.DockerException, requests.RequestException, OSError)


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What the engine says of itself.

    Attributes:
        version: Such as ``28.2.2``.
        cgroup_version: "v1" or "v2", of the host it runs on.
        cpus: The host's, which every node shows as its own.
        root: The engine's folder.
    """

    version: str
    cgroup_version: str
    cpus: int
    root: str


class Engine:
    """The engine that DOCKER_HOST names, or the usual socket. Nothing is contacted before it is asked for something."""

    @cached_property
    def client(self) -> docker.DockerClient:
        """The SDK's client.

        Raises:
            ClusterError: No engine answers.
        """
        try:
            client = docker.from_env(timeout=_TIMEOUT_S)
            client.ping()
        except _ABSENT as error:
            raise ClusterError(_no_engine(error)) from error
        return client

    @cached_property
    def info(self) -> EngineInfo:
        """What it is.

        Raises:
            ClusterError: No engine answers.
        """
        told = self.client.info()
        return EngineInfo(
            version=str(told["ServerVersion"]),
            cgroup_version=f"v{told.get('CgroupVersion') or '1'}",
            cpus=int(told["NCPU"]),
            root=str(told["DockerRootDir"]),
        )

    def requirement(self) -> Requirement:
        """Whether an engine answers."""
        try:
            info = self.info
        except ClusterError as error:
            detail, _, remedy = str(error).partition(": ")
            return Requirement("docker engine", ok=False, detail=detail, remedy=remedy)
        return Requirement(
            "docker engine", ok=True, detail=f"{info.version}, cgroup {info.cgroup_version}, {info.cpus} CPUs"
        )

    def require_image(self, image: str, progress: Progress, *, option: str) -> None:
        """Make sure that an image is there, and pull it if not.

        Args:
            image: The name, with tag or digest.
            progress: Told of a pull.
            option: The option that names another image, for the message.

        Raises:
            ClusterError: It is neither there nor to be had.
        """
        try:
            self.client.images.get(image)
        except docker.errors.ImageNotFound:
            try:
                with progress.step(f"pulling {image}"):
                    self.client.images.pull(image)
            except _ABSENT as error:
                raise ClusterError(
                    f"the node image {image} is not in the Docker engine, and can't be pulled ({_cause(error)}): load "
                    f"it with `docker load`, or name another one with {option}"
                ) from error

    def containers(self, label: str, value: str) -> list[Any]:
        """Every container of a cluster, running or not, by the label that its tool gives it.

        Raises:
            ClusterError: The engine can't be reached.
        """
        client = self.client
        try:
            return list(client.containers.list(all=True, filters={"label": f"{label}={value}"}, ignore_removed=True))
        except _ABSENT as error:
            raise ClusterError(_no_engine(error)) from error

    def remove(self, label: str, value: str, *, networks: Sequence[str] = (), volumes: Sequence[str] = ()) -> None:
        """Remove a cluster's containers with their volumes, and networks and volumes by name, as far as they are there.

        A network that others use stays.

        Raises:
            ClusterError: The engine can't be reached, or does not let go of a container.
        """
        try:
            for container in self.containers(label, value):
                try:
                    container.remove(v=True, force=True)
                except docker.errors.NotFound:
                    continue
            for name in networks:
                for network in self.client.networks.list(names=[name]):
                    network.reload()
                    if network.name == name and not network.attrs.get("Containers"):
                        network.remove()
            for name in volumes:
                for volume in self.client.volumes.list(filters={"name": name}):
                    if volume.name == name:
                        volume.remove(force=True)
        except docker.errors.NotFound:
            pass
        except _ABSENT as error:
            raise ClusterError(
                f"the containers of {value} can't be removed ({_cause(error)}): remove them with `docker rm --force "
                f"--volumes $(docker ps --all --quiet --filter label={label}={value})`"
            ) from error

    def has_network(self, name: str) -> bool:
        """Whether there is a network of this name."""
        return any(network.name == name for network in self.client.networks.list(names=[name]))


def _no_engine(error: BaseException) -> str:
    host = os.environ.get("DOCKER_HOST", "the usual socket /var/run/docker.sock")
    remedy = "start it (on most systems, `sudo systemctl start docker`), or name another one in DOCKER_HOST"
    if "Permission denied" in str(error):
        remedy = "let this user use it (`sudo usermod -aG docker $USER`, and log in again), or run as root"
    return f"no Docker engine answers at {host} ({_cause(error)}): {remedy}"


def _cause(error: BaseException) -> str:
    """The last and most telling part of what the SDK and the layers below it said."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return said.replace("\n", " ").rstrip(".)") or type(error).__name__
