"""A small parallel world to train in: Arabic texts, and an English teacher's scores by id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from arir.train import TrainConfig

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


def settings(folder: Path, **changes: Any) -> TrainConfig:
    """A quick training on the material, with a tiny new student."""
    values: dict[str, Any] = {
        **write_material(folder),
        "output": folder / "student",
        "student": "new",
        "steps": 3,
        "batch_size": 4,
        "accumulation": 1,
        "learning_rate": 1e-3,
        "seed": 1,
    }
    if changes.get("student", "new") == "new":
        values |= {"vocabulary_size": 500, "layers": 1, "width": 16, "heads": 2}
    return TrainConfig(**{**values, **changes})
