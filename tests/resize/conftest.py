"""A pod in the hands of a test, for a version that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.resize.observed_pod import ObservedPod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def observe() -> Iterator[Callable[[str], ObservedPod]]:
    """Makes running pods under observation, closed with the test."""
    made: list[ObservedPod] = []

    def observed(version: str) -> ObservedPod:
        made.append(ObservedPod(version))
        made[-1].run()
        return made[-1]

    yield observed
    for one in made:
        one.close()
