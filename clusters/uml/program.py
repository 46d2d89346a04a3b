"""The first program of a user-mode node, built from the sources in ``init``."""

from __future__ import annotations

from pathlib import Path

from clusters.components.goprogram import GoProgram

NODE_INIT = GoProgram("node-init", Path(__file__).with_name("init"))
