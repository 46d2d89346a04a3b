"""Node images: described as layers and settings, and loaded into the engine where it has not got them yet."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from clusters.components.cache import sha256_file
from clusters.components.errors import last_lines
from clusters.components.pins import architecture
from lab.engine import ENVIRONMENT
from lab.layers import Layer
from lab.place import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clusters.progress import Progress
    from lab.engine import Engine

#: Holds the fingerprint of what an image was made of.
RECIPE_LABEL = "resize-conformance.lab.recipe"
_TAIL_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that the engine is to have.

    Attributes:
        reference: Its name with tag.
        layers: From the lowest to the highest.
        entrypoint: What a container runs.
        environment: Variables of its containers.
        labels: For ``docker inspect``.
        stop_signal: What asks the first process to end.
        volumes: Folders that each container gets a volume for, as containerd's snapshots can't lie on an overlay.
    """

    reference: str
    layers: tuple[Layer, ...]
    entrypoint: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "SIGTERM"
    volumes: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Image:
        """From what :func:`dataclasses.asdict` made of one, and JSON of that."""
        sequences = {name: tuple(document[name]) for name in ("entrypoint", "volumes")}
        return cls(**{**document, **sequences, "layers": tuple(map(Layer.of, document["layers"]))})

    def settings(self) -> dict[str, Any]:
        """The part of the image's configuration that its containers get."""
        return {
            "Entrypoint": list(self.entrypoint),
            "Env": [f"{name}={value}" for name, value in self.environment.items()],
            "Labels": dict(self.labels),
            "StopSignal": self.stop_signal,
            "Volumes": {path: {} for path in self.volumes},
        }

    def recipe(self) -> str:
        """Fingerprint of all that the image is made of."""
        digest = hashlib.sha256(json.dumps(self.settings(), sort_keys=True).encode())
        for layer in self.layers:
            digest.update(layer.fingerprint().encode())
        return digest.hexdigest()


def load(image: Image, engine: Engine, directory: Path, progress: Progress) -> None:
    """Put an image into the engine unless it is there as it would be made now.

    Args:
        image: The image.
        engine: Running.
        directory: Gets temporary files as large as the image.
        progress: Where the work is told.

    Raises:
        LabError: The engine refuses it.
    """
    recipe = image.recipe()
    if _recipe_of(image.reference, engine) == recipe:
        return
    with progress.step(f"putting together {image.reference}"), tempfile.TemporaryDirectory(dir=directory) as work:
        layers = [layer.write(Path(work) / f"layer{index}.tar") for index, layer in enumerate(image.layers)]
        process = subprocess.Popen(
            ["docker", "load", "--quiet"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | ENVIRONMENT,
        )
        assert process.stdin is not None
        # The client says below why it stopped reading.
        with suppress(BrokenPipeError):
            write_archive(image, recipe, layers, process.stdin)
        _, errors = process.communicate()
        if process.returncode != 0:
            tail = last_lines(errors.decode(errors="replace"), _TAIL_LINES)
            raise LabError(f"the Docker engine did not load {image.reference}:\n{tail}")


def write_archive(image: Image, recipe: str, layers: list[Path], output: IO[bytes]) -> None:
    """Write an image in the format of ``docker save``.

    Args:
        image: The image.
        recipe: Its fingerprint, which becomes a label.
        layers: The files with its layers, from the lowest to the highest.
        output: Gets the archive.
    """
    settings = image.settings()
    settings["Labels"] |= {RECIPE_LABEL: recipe}
    configuration = {
        "architecture": architecture(),
        "os": "linux",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256_file(layer)}" for layer in layers]},
    }
    names = [f"{index}/layer.tar" for index in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": [image.reference], "Layers": names}]
    with tarfile.open(fileobj=output, mode="w|") as archive:
        for name, document in (("config.json", configuration), ("manifest.json", manifest)):
            text = json.dumps(document, sort_keys=True).encode()
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
        for name, layer in zip(names, layers, strict=True):
            archive.add(layer, name)


def _recipe_of(reference: str, engine: Engine) -> str | None:
    """What an image in the engine was made of, None where there is none of this name."""
    if not engine.ask("images", "--quiet", reference):
        return None
    return engine.ask("inspect", "--format", f'{{{{index .Config.Labels "{RECIPE_LABEL}"}}}}', reference)
