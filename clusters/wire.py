"""A Unix socket in a cluster's folder, however long the folder's name is."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def connect(path: Path, *, timeout_s: float) -> socket.socket:
    """Connect to the socket at ``path``.

    Raises:
        OSError: Nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout_s)
    # A path longer than 108 bytes is none for a socket; the folder's descriptor makes any short.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        connection.connect(f"/proc/self/fd/{folder}/{path.name}")
    except BaseException:
        connection.close()
        raise
    finally:
        os.close(folder)
    return connection
