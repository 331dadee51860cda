"""Fixtures for the tests of the loop."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="package", autouse=True)
def _few_objects_to_collect() -> Iterator[None]:
    """Keep what the imports made out of the collection with which every training begins.

    It would take two thirds of a tiny training's time.
    """
    import transformers.trainer  # noqa: F401

    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
