"""``arir make-topics``: queries, judgments and passages that training can read."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from arir.artefacts import sha256_of
from arir.cli.main import main
from arir.data.collection import Passage, read_passages
from arir.data.qrels import read_qrels
from arir.data.topics import read_topics
from arir.errors import ConfigError, DataError, OutputError
from arir.make_topics.config import MakeTopicsConfig
from arir.make_topics.service import MakeTopicsReport, make_topics

Write = Callable[[str, str], Path]


def words(stem: str, number: int) -> str:
    return " ".join(f"{stem}{at}" for at in range(number))


def article(name: str, title: str, passages: int) -> list[dict[str, str]]:
    """Passages of four sentences of eight words, all of them distinct."""
    return [
        {
            "id": f"{name}#{number}",
            "title": title,
            "contents": f"{title}\n"
            + " ".join(f"{words(f'{name}p{number}s{sentence}w', 8)}." for sentence in range(4)),
        }
        for number in range(passages)
    ]


#: 30 passages of ten articles
CORPUS = [line for at in range(10) for line in article(f"d{at}", f"عنوان {at}", 3)]


def jsonl(lines: list[dict[str, str]]) -> str:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"


@pytest.fixture
def corpus(write: Write) -> Path:
    return write("corpus.jsonl", jsonl(CORPUS))


def made(corpus: Path, name: str = "made", **changes: Any) -> tuple[Path, MakeTopicsReport]:
    output = corpus.parent / name
    return output, make_topics(MakeTopicsConfig(corpus=corpus, output=output, **changes))


def read(folder: Path) -> tuple[dict[str, str], Mapping[str, Any], dict[str, Passage]]:
    return (
        read_topics(folder / "topics.tsv"),
        read_qrels(folder / "qrels.txt"),
        read_passages(folder / "corpus.jsonl"),
    )


def bodies() -> dict[str, str]:
    return {line["id"]: line["contents"].partition("\n")[2] for line in CORPUS}


def sentences_of(body: str) -> list[str]:
    return [f"{sentence}." for sentence in body.removesuffix(".").split(". ")]


def test_every_query_has_one_relevant_passage_and_every_passage_a_query(corpus: Path) -> None:
    folder, report = made(corpus, kind=("title", "sentence", "span"))
    topics, qrels, passages = read(folder)
    assert list(qrels) == list(topics)
    assert all(list(grades.values()) == [1] for grades in qrels.values())
    assert {docid for grades in qrels.values() for docid in grades} == set(passages)
    assert report.counts.topics == {"title": 10, "sentence": 30, "span": 30}
    assert (report.counts.passages, report.counts.repeated) == (30, 0)


def test_a_title_finds_the_first_passage_of_its_article(write: Write) -> None:
    lines = [*reversed(article("d", "عنوان", 12)), *article("e", "آخر", 1)]
    folder, _ = made(write("corpus.jsonl", jsonl(lines)), kind=("title",), remove_share=0)
    topics, qrels, passages = read(folder)
    assert topics == {"title-1-d#0": "عنوان", "title-1-e#0": "آخر"}
    assert {docid for grades in qrels.values() for docid in grades} == {"d#0", "e#0"}
    assert {p.id: (p.title, p.contents) for p in passages.values()} == {
        line["id"]: (line["title"], line["contents"]) for line in lines[11:]
    }


def test_without_numbers_in_ids_the_first_line_of_a_title_counts(write: Write) -> None:
    lines = [
        {"id": "x", "title": "عنوان", "contents": "نص أول"},
        {"id": "a", "title": "عنوان", "contents": "نص آخر"},
    ]
    folder, _ = made(write("corpus.jsonl", jsonl(lines)), kind=("title",))
    assert read_topics(folder / "topics.tsv") == {"title-1-x": "عنوان"}


def test_sentences_are_whole_and_distinct(corpus: Path) -> None:
    folder, _ = made(corpus, kind=("sentence",), per_passage=3)
    topics, qrels, _ = read(folder)
    assert len(topics) == 90 == len(set(topics.values()))
    for topic, text in topics.items():
        (docid,) = qrels[topic]
        assert text.removesuffix(".") in [
            s.removesuffix(".") for s in sentences_of(bodies()[docid])
        ]


def test_a_long_sentence_gives_a_window_and_a_short_one_nothing(write: Write) -> None:
    lines = [
        {"id": "long", "contents": words("w", 50)},
        {"id": "short", "contents": "one two. three"},
        {"id": "whole", "contents": "only this sentence here."},
    ]
    folder, _ = made(write("c.jsonl", jsonl(lines)), kind=("sentence",), max_words=10)
    (text,) = read_topics(folder / "topics.tsv").values()
    assert len(text.split()) == 10
    assert text in lines[0]["contents"]


@pytest.mark.parametrize(
    ("limits", "lengths"),
    [
        ({}, range(4, 13)),
        ({"max_words": 6}, range(4, 7)),
        ({"min_words": 11}, range(11, 13)),
    ],
)
def test_spans_stand_in_their_passage_and_have_all_lengths(
    corpus: Path, limits: dict[str, int], lengths: range
) -> None:
    folder, _ = made(corpus, kind=("span",), per_passage=5, **limits)
    topics, qrels, _ = read(folder)
    for topic, text in topics.items():
        (docid,) = qrels[topic]
        assert text in bodies()[docid]
    assert {len(text.split()) for text in topics.values()} == set(lengths)


@pytest.mark.parametrize("kind", ["sentence", "span"])
def test_texts_are_taken_out_in_the_share_asked_for(corpus: Path, kind: str) -> None:
    for share, expected in ((0.0, 30), (1.0, 0)):
        folder, report = made(corpus, f"made-{share}", kind=(kind,), remove_share=share)
        topics, qrels, passages = read(folder)
        stay = [
            text in passages[next(iter(qrels[topic]))].contents for topic, text in topics.items()
        ]
        assert (sum(stay), report.counts.removed) == (expected, 30 - expected)
    _, report = made(corpus, "half", kind=(kind,), per_passage=4, remove_share=0.5)
    assert 0 < report.counts.removed < sum(report.counts.topics.values())


def test_what_stays_of_a_passage_is_the_rest_and_at_least_half(corpus: Path) -> None:
    folder, report = made(corpus, kind=("sentence",), per_passage=4, remove_share=1)
    _, _, passages = read(folder)
    assert report.counts.topics == {"sentence": 120}
    for passage in passages.values():
        body = bodies()[passage.id]
        left = passage.contents.partition("\n")[2]
        assert 2 * len(left) >= len(body)
        assert [part for part in sentences_of(body) if part in left] == sentences_of(left)
    taken = sum(body.count(".") for body in bodies().values()) - sum(
        p.contents.count(".") for p in passages.values()
    )
    assert report.counts.removed == taken > 0


def test_a_title_that_is_taken_out_is_neither_line_nor_field(corpus: Path) -> None:
    folder, report = made(corpus, kind=("title",), remove_share=1)
    _, _, passages = read(folder)
    assert report.counts.removed == 10
    for passage in passages.values():
        assert (passage.title, passage.contents) == ("", bodies()[passage.id])


def test_same_seed_same_bytes_and_another_seed_others(corpus: Path) -> None:
    files = ("topics.tsv", "qrels.txt", "corpus.jsonl")
    folders = [made(corpus, f"made-{at}", seed=seed)[0] for at, seed in enumerate((1, 1, 2))]
    first, second, third = ([sha256_of(folder / file) for file in files] for folder in folders)
    assert first == second != third


def test_the_order_of_the_collection_changes_the_order_alone(corpus: Path, write: Write) -> None:
    shuffled = list(CORPUS)
    random.Random(5).shuffle(shuffled)
    settings = {"kind": ("title", "sentence", "span"), "max_passages": 12}
    straight, _ = made(corpus, "straight", **settings)
    other, _ = made(write("shuffled.jsonl", jsonl(shuffled)), "other", **settings)
    assert read(straight) == read(other)
    assert list(read(straight)[0]) != list(read(other)[0])


def test_further_passages_change_no_query_of_others(corpus: Path, write: Write) -> None:
    fewer = write("fewer.jsonl", jsonl(CORPUS[:12]))
    topics, _, passages = read(made(corpus, "all")[0])
    less, _, left = read(made(fewer, "fewer")[0])
    assert less.items() <= topics.items()
    assert left.items() <= passages.items()
    assert len(less) == 4 + 12


def test_each_kind_takes_so_many_passages_at_most(corpus: Path) -> None:
    folder, report = made(corpus, max_passages=7)
    assert report.counts.topics == {"title": 7, "sentence": 7}
    drawn = {
        tuple(read(made(corpus, f"seed-{seed}", max_passages=7, seed=seed)[0])[0])
        for seed in range(4)
    }
    assert len(drawn) == 4
    assert folder.is_dir()


def test_left_out_articles_give_nothing_whatever_their_letters(corpus: Path, write: Write) -> None:
    lines = [*CORPUS, *article("t", "إسلام  أُوَّل", 3)]
    corpus = write("corpus.jsonl", jsonl(lines))
    titles = write("titles.txt", "اسلام اول\nعنوان 3\nلا شيء\n")
    folder, report = made(corpus, leave_out=(titles,), kind=("title", "sentence", "span"))
    topics, _, passages = read(folder)
    assert report.counts.left_out == 6
    assert report.unmatched == {titles: ("لا شيء",)}
    assert not [name for name in (*topics, *passages) if "t#" in name or "d3#" in name]
    assert len(passages) == 27


def test_titles_may_be_the_first_line(write: Write) -> None:
    lines = [{key: line[key] for key in ("id", "contents")} for line in CORPUS]
    corpus = write("untitled.jsonl", jsonl([*lines, {"id": "z#0", "contents": words("z", 40)}]))
    leave_out = (write("titles.txt", "عنوان 2\n"),)
    folder, report = made(corpus, titles="first-line", leave_out=leave_out, remove_share=0)
    topics, _, passages = read(folder)
    assert [text for topic, text in topics.items() if topic.startswith("title")] == [
        f"عنوان {at}" for at in range(10) if at != 2
    ]
    assert "title-1-z#0" not in topics
    assert passages["d1#1"].contents == lines[4]["contents"]
    assert report.counts.untitled == 1


def test_a_text_that_comes_again_is_asked_once(write: Write) -> None:
    shared = "نفسُ الجملة في كل صفحة."
    lines = [
        {
            "id": f"p{at}",
            "contents": f"{shared if at else 'نفس الجملة في كل صفحة.'} {words('x', 2)}",
        }
        for at in range(3)
    ]
    folder, report = made(write("c.jsonl", jsonl(lines)), kind=("sentence",))
    assert list(read_topics(folder / "topics.tsv")) == ["sentence-1-p0"]
    assert report.counts.repeated == 2
    assert list(read_passages(folder / "corpus.jsonl")) == ["p0"]


def test_manifest_has_settings_counts_seed_and_hashes(corpus: Path, write: Write) -> None:
    titles = write("titles.txt", "عنوان 1\n")
    folder, _ = made(corpus, leave_out=(titles,), seed=9)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["kind"], manifest["seed"]) == ("made-topics", 9)
    assert manifest["inputs"]["corpus"]["sha256"] == sha256_of(corpus)
    assert manifest["inputs"]["leave_out 1"]["sha256"] == sha256_of(titles)
    counts = manifest["properties"]["counts"]
    assert counts["topics"] == {"title": 9, "sentence": 27}
    assert counts["left_out"] == 3
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["remove_share"] == 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": ()}, "kind must name kinds once each"),
        ({"kind": ("span", "span")}, "kind must name kinds once each, not span, span"),
        ({"min_words": 9, "max_words": 8}, "min_words 9 is greater than max_words 8"),
        ({"kind": ("span",), "max_words": 3}, "spans have 4 to 12 words, which min_words 3"),
        ({"kind": ("span",), "min_words": 13}, "max_words 32 leave none of"),
        ({"output": "corpus.jsonl"}, "is one of the inputs"),
        ({"kind": ("lead",)}, "kind"),
        ({"remove_share": 1.5}, "remove_share"),
    ],
)
def test_settings_that_contradict_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        MakeTopicsConfig(**{"corpus": "corpus.jsonl", "output": "made", **changes})


@pytest.mark.parametrize(
    ("text", "changes", "message"),
    [
        ("\n", {}, r"c\.jsonl: the file is empty"),
        ('{"id": "a", "contents": "x y z"}', {"kind": ("title",)}, "no passage has a title to"),
        ('{"id": "a", "contents": "x y"}', {"kind": ("sentence",)}, "no query can be made of it"),
        ('{"id": "a"}', {}, r"c\.jsonl:1: no 'contents'"),
    ],
)
def test_a_collection_that_gives_nothing_is_refused_and_leaves_nothing(
    write: Write, text: str, changes: dict[str, Any], message: str
) -> None:
    corpus = write("c.jsonl", text)
    with pytest.raises(DataError, match=message):
        made(corpus, **changes)
    assert [path.name for path in corpus.parent.iterdir()] == ["c.jsonl"]


def test_titles_to_leave_out_need_titles_and_not_silently_let_all_in(write: Write) -> None:
    corpus = write(
        "c.jsonl", jsonl([{"id": "a", "contents": f"{words('x', 9)}. {words('y', 9)}."}])
    )
    titles = write("titles.txt", "عنوان\n")
    with pytest.raises(DataError, match=r"no passage has a title, so that --leave-out cannot tell"):
        made(corpus, leave_out=(titles,))


def test_an_older_result_is_kept_unless_it_may_go(corpus: Path) -> None:
    folder, _ = made(corpus)
    before = sha256_of(folder / "topics.tsv")
    with pytest.raises(OutputError, match="already exists"):
        made(corpus, seed=1)
    assert sha256_of(folder / "topics.tsv") == before
    made(corpus, seed=1, overwrite=True)
    assert sha256_of(folder / "topics.tsv") != before


def test_command_says_what_was_made_and_what_may_surprise(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [*CORPUS, {"id": "z", "contents": "x y"}]
    corpus = write("corpus.jsonl", jsonl(lines))
    titles = write("titles.txt", "عنوان 1\nلا شيء\n")
    output = corpus.parent / "made"
    flags = ["--leave-out", str(titles), "--kind", "title", "--remove-share", "0"]
    with pytest.raises(SystemExit) as stopped:
        main(["make-topics", str(corpus), f"--output={output}", *flags])
    assert stopped.value.code == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"{output}: 9 topics (title 9) on 9 passages; the text of 0 is taken out",
        "left out by their titles: 3 passages",
    ]
    assert said.err.splitlines() == [
        f"arir: note: {titles}: 1 title of no passage, such as لا شيء",
        "arir: note: 1 passage without a title, which --leave-out passes over",
    ]


def test_command_notes_a_kind_that_gave_nothing(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = write(
        "c.jsonl", jsonl([{"id": "a", "contents": f"{words('x', 9)}. {words('y', 9)}."}])
    )
    with pytest.raises(SystemExit):
        main(["make-topics", str(corpus), "--output", str(corpus.parent / "made")])
    said = capsys.readouterr()
    assert "1 topic (title 0, sentence 1) on 1 passage;" in said.out
    assert said.err == "arir: note: no query of kind title\n"


def test_real_collection_gives_sound_queries(shared_data: Path, tmp_path: Path) -> None:
    corpus = shared_data / "arcd" / "corpus.jsonl"
    config = MakeTopicsConfig(
        corpus=corpus, output=tmp_path / "made", kind=("title", "sentence", "span")
    )
    report = make_topics(config)
    topics, qrels, passages = read(config.output)
    titles = {passage.title for passage in read_passages(corpus).values()}
    assert report.counts.topics["title"] == len(titles)
    assert {text for topic, text in topics.items() if topic.startswith("title")} == titles
    assert report.counts.topics["sentence"] > 300
    lengths = [len(text.split()) for topic, text in topics.items() if "sentence" in topic]
    assert 3 <= min(lengths) < max(lengths) <= 40
    assert set(passages) == {docid for grades in qrels.values() for docid in grades}
