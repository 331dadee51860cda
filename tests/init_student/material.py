"""A made-up bitext of which every translation is known, and naive reference code."""

from __future__ import annotations

import random
from pathlib import Path

#: whole words of the tiny models' English vocabulary, and Arabic words that these lack
DICTIONARY = {
    "capital": "كتاب",
    "egypt": "بيت",
    "cairo": "ولد",
    "banks": "بنت",
    "nile": "شمس",
    "longest": "قمر",
    "river": "جبل",
    "world": "بحر",
    "algeria": "طريق",
    "largest": "سوق",
    "country": "خبز",
    "africa": "حليب",
    "area": "صديق",
    "khaldun": "معلم",
    "wrote": "قلم",
    "fourteenth": "باب",
    "century": "شجر",
}


def write_bitext(path: Path, pairs: int = 300, seed: int = 0) -> Path:
    """Sentences of four to six different words; the Arabic words stand in another order."""
    rng = random.Random(seed)
    lines = []
    for _ in range(pairs):
        words = rng.sample(sorted(DICTIONARY), rng.randint(4, 6))
        translated = [DICTIONARY[word] for word in words]
        rng.shuffle(translated)
        lines.append(f"{' '.join(words)}\t{' '.join(translated)}\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def write_lexicon(path: Path) -> Path:
    path.write_text("".join(f"{e}\t{a}\n" for e, a in DICTIONARY.items()), encoding="utf-8")
    return path
