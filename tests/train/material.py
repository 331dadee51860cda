"""A small parallel world to train in: Arabic texts, and an English teacher's scores by id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from arir.train import METHODS, TrainConfig
from arir.train.config import StudentConfig

PASSAGES = {
    "p1": "عاصمة مصر هي القاهرة وتقع على ضفاف نهر النيل",
    "p2": "نهر النيل أطول أنهار العالم ويمر في السودان ومصر",
    "p3": "الجزائر أكبر دولة في أفريقيا من حيث المساحة",
    "007": "تأسست جامعة القرويين في مدينة فاس سنة 859",
    "NA": "كتب ابن خلدون المقدمة في القرن الرابع عشر",
}
TOPICS = {
    "1": "ما هي عاصمة مصر ؟",
    "01": "ما أطول أنهار العالم ؟",
    "q3": "من كتب المقدمة ؟",
    "q4": "أين تقع جامعة القرويين ؟",
}
ROWS = [
    (9.5, -3.0, "1", "p1", "p2"),
    (9.5, -8.25, "1", "p1", "NA"),
    (7.0, 2.5, "01", "p2", "p1"),
    (7.0, -9.0, "01", "p2", "007"),
    (11.0, -4.0, "q3", "NA", "007"),
    (11.0, -9.5, "q3", "NA", "p3"),
    (8.0, -2.0, "q4", "007", "p3"),
    (8.0, 1.0, "q4", "007", "NA"),
]

ENGLISH = {
    "p1": "The capital of Egypt is Cairo on the banks of the Nile",
    "p2": "The Nile is the longest river in the world",
    "p3": "Algeria is the largest country in Africa by area",
    "007": "The university of Fas was founded in 859",
    "NA": "Ibn Khaldun wrote the Muqaddimah in the fourteenth century",
}
RELEVANT = {"1": "p1", "01": "p2", "q3": "NA", "q4": "007"}
#: a teacher's score of every passage for every query; the relevant one is best
LISTS = {
    query: {
        passage: 10.0 if passage == RELEVANT[query] else round(at * 1.5 - len(query) - 4, 2)
        for at, passage in enumerate(PASSAGES)
    }
    for query in TOPICS
}
BITEXT = [
    *zip(ENGLISH.values(), PASSAGES.values(), strict=True),
    ("The Nile is the longest river in the world", "النيل هو أطول نهر"),
    ("Who wrote the Muqaddimah ?", "من كتب المقدمة ؟"),
]
LEXICON = [("مصر", "egypt"), ("نهر", "river"), ("ما هي", "what is"), ("كتب", "wrote")]


def write_scores(path: Path, rows: list[tuple[float, float, str, str, str]]) -> Path:
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def write_material(folder: Path) -> dict[str, Path]:
    """Write the collection, the topics and the scores; the settings that name them."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus, topics = folder / "corpus.jsonl", folder / "topics.tsv"
    records = [
        {"id": identifier, "title": f"عنوان {identifier}", "contents": text}
        for identifier, text in PASSAGES.items()
    ]
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    corpus.write_text("".join(lines), encoding="utf-8")
    topics.write_text(
        "".join(f"{identifier}\t{text}\n" for identifier, text in TOPICS.items()), encoding="utf-8"
    )
    scores = write_scores(folder / "scores.tsv", ROWS)
    return {"corpus": corpus, "topics": topics, "teacher_scores": scores}


def write_all(folder: Path) -> dict[str, Path]:
    """Write what any method reads."""
    paths = write_material(folder)
    texts = {
        "qrels": "".join(f"{query} 0 {passage} 1\n" for query, passage in RELEVANT.items()),
        "lists": "".join(
            json.dumps([query, *map(list, scores.items())]) + "\n"
            for query, scores in LISTS.items()
        ),
        "mined": "".join(
            json.dumps(
                {
                    "query": query,
                    "positives": [best],
                    "negatives": [passage for passage in PASSAGES if passage != best],
                }
            )
            + "\n"
            for query, best in RELEVANT.items()
        ),
        "english": "".join(
            json.dumps({"id": identifier, "contents": text}) + "\n"
            for identifier, text in ENGLISH.items()
        ),
        "bitext": "".join("\t".join(pair) + "\n" for pair in BITEXT),
        "lexicon": "".join("\t".join(pair) + "\n" for pair in LEXICON),
    }
    names = {"qrels": "qrels.txt", "bitext": "bitext.tsv", "lexicon": "lexicon.tsv"}
    for role, text in texts.items():
        paths[role] = folder / names.get(role, f"{role}.jsonl")
        paths[role].write_text(text, encoding="utf-8")
    return paths


#: method -> setting -> role of the file that it names
FILES = {
    "margins": {"corpus": "corpus", "topics": "topics", "teacher_scores": "teacher_scores"},
    "lists": {"corpus": "corpus", "topics": "topics", "teacher_scores": "lists"},
    "contrast": {"corpus": "corpus", "topics": "topics", "qrels": "qrels"},
    "bitext": {"bitext": "bitext"},
    "masked-lm": {"text": "corpus"},
}
TINY = {"vocabulary_size": 500, "layers": 1, "width": 16, "heads": 2}
QUICK = {"steps": 3, "batch_size": 4, "accumulation": 1, "learning_rate": 1e-3, "seed": 1}


def configured(method: str, folder: Path, **changes: Any) -> StudentConfig:
    """A quick training by any method on the material, on the CPU; a tiny new student by default."""
    paths = write_all(folder)
    named = {setting: paths[role] for setting, role in FILES[method].items()}
    values = {**named, **QUICK, "student": "new", "output": folder / "student", "device": "cpu"}
    if str(changes.get("student", "new")) == "new":
        values |= TINY
    if method == "lists":
        values["nway"] = 4
    config = METHODS[method](**{**values, **changes})
    assert isinstance(config, StudentConfig)
    return config


def settings(folder: Path, **changes: Any) -> TrainConfig:
    """A quick training on the material, with a tiny new student."""
    values: dict[str, Any] = {
        **write_material(folder),
        **QUICK,
        "output": folder / "student",
        "student": "new",
    }
    if changes.get("student", "new") == "new":
        values |= TINY
    return TrainConfig(**{**values, **changes})
