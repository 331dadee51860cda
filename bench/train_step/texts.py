"""Texts of realistic lengths: running words, cut where drawn lengths say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from arir.data.collection import read_collection
from arir.sample import sample_path
from bench.encode import REAL

#: mean and standard deviation of the words of a text: passages and queries about as in MS MARCO
PASSAGE = (60, 25)
QUERY = (6, 2.5)
SENTENCE = (20, 10)


def draw_texts(count: int, words: tuple[float, float], seed: int = 0) -> list[str]:
    """Arabic texts whose numbers of words follow a log-normal distribution.

    They are cut from Arabic Wikipedia where it lies beside the repository, else from the embedded
    passages.
    """
    source = REAL if REAL.is_file() else sample_path("corpus.ar.jsonl")
    return _cut(source, count, words, seed)


def draw_bitext(count: int) -> tuple[list[str], list[str]]:
    """English and Arabic sentences, as long as each other; they do not translate each other."""
    english = _cut(sample_path("corpus.en.jsonl"), count, SENTENCE, seed=0)
    return english, draw_texts(count, SENTENCE, seed=0)


def _cut(source: Path, count: int, words: tuple[float, float], seed: int) -> list[str]:
    mean, deviation = words
    variance = np.log1p((deviation / mean) ** 2)
    draw = np.random.default_rng(seed)
    lengths = draw.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), count)
    running = _running_words(source)
    return [" ".join(itertools.islice(running, max(2, round(length)))) for length in lengths]


def _running_words(source: Path) -> Iterator[str]:
    while True:
        for passage in read_collection(source):
            yield from passage.text.split()
