"""The scripts that prepare what the shipped students learn from."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.artefacts import sha256_of
from arir.data.collection import read_passages
from arir.data.qrels import read_qrels
from arir.data.runs import read_run
from arir.data.score_store import read_scores
from arir.data.teacher import read_teacher
from arir.data.topics import read_topics
from arir.errors import DataError
from tests.init_student.material import DICTIONARY, write_bitext, write_lexicon
from tests.script_data import put, run, script_output
from tests.tiny import SENTENCES, make_late_interaction

Ranking = list[tuple[str, float]]


def put_run(path: Path, rankings: dict[str, Ranking]) -> Path:
    rows = [
        f"{query} Q0 {docid} {rank} {score} tag"
        for query, hits in rankings.items()
        for rank, (docid, score) in enumerate(hits, 1)
    ]
    return put(path, rows)


def rankings(path: Path) -> dict[str, Ranking]:
    return {query: [tuple(hit) for hit in hits] for query, hits in read_run(path).rankings()}


@pytest.fixture
def candidates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Ranking]]:
    """Call bin/candidates on rankings and judgments."""

    def _candidates(
        hits: dict[str, Ranking], qrels: list[str], *words: object
    ) -> dict[str, Ranking]:
        source, judged = put_run(tmp_path / "run.trec", hits), put(tmp_path / "qrels.txt", qrels)
        run(monkeypatch, "candidates", source, judged, tmp_path / "cand.trec", *words)
        return rankings(tmp_path / "cand.trec")

    return _candidates


def test_a_missed_relevant_passage_comes_last_and_hits_end_at_the_depth(
    candidates: Callable[..., dict[str, Ranking]],
) -> None:
    hits = {query: [("a", 9.5), ("b", 7.25), ("c", 3.0)] for query in ("q1", "q2", "q3", "q4")}
    qrels = ["q1 0 c 1", "q1 0 z 2", "q1 0 y 0", "q2 0 a 1", "q3 0 b 0"]
    assert candidates(hits, qrels, "--depth", 2) == {
        "q1": [("a", 9.5), ("b", 7.25), ("c", 7.25), ("z", 7.25)],
        "q2": [("a", 9.5), ("b", 7.25)],
    }


def test_no_unjudged_part_of_a_relevant_article_counts_as_wrong(
    candidates: Callable[..., dict[str, Ranking]],
) -> None:
    hits = {"q": [("1#0", 4.0), ("2#0", 3.0), ("1#1", 2.0), ("1#12", 1.5), ("11#1", 1.0)]}
    qrels = ["q 0 1#1 1", "q 0 3#0 1", "q 0 2#0 0"]
    kept = [("2#0", 3.0), ("1#1", 2.0), ("11#1", 1.0), ("3#0", 1.0)]
    assert candidates(hits, qrels, "--article") == {"q": kept}
    assert candidates(hits, qrels) == {"q": [*hits["q"], ("3#0", 1.0)]}


def test_scaled_scores_are_of_all_hits_of_a_query(
    candidates: Callable[..., dict[str, Ranking]],
) -> None:
    hits = {"q1": [("a", 0.75), ("b", 0.5), ("c", 0.25)], "q2": [("a", 3.0), ("b", 3.0)]}
    found = candidates(hits, ["q1 0 c 1", "q2 0 b 1"], "--depth", 2, "--scale")
    assert found["q1"] == [("a", 1.0), ("b", 0.5), ("c", 0.5)]
    assert found["q2"] == [("a", 0.0), ("b", 0.0)]


def test_lists_of_runs_keep_scores_and_order_and_say_whose_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits: list[dict[str, Ranking]] = [
        {"q2": [("b", 2.5), ("a", 2.5), ("c", -1.0)], "q1": [("a", 0.1)]},
        {"q3": [("d", 1e-9), ("a", 0.0)]},
    ]
    runs = [put_run(tmp_path / f"{at}.trec", run) for at, run in enumerate(hits)]
    output = tmp_path / "scores/lists.jsonl"
    run(monkeypatch, "run-lists", *runs, "--output", output, "--teacher", "two runs")
    found = list(read_scores(output).lists())
    wanted = [*hits[0].items(), *hits[1].items()]
    assert [query for query, _ in found] == ["q2", "q1", "q3"]
    for (_, listed), (_, ranking) in zip(found, wanted, strict=True):
        assert [passage for passage, _ in listed] == [docid for docid, _ in ranking]
        scores = [score for _, score in ranking]
        assert [score for _, score in listed] == pytest.approx(scores, rel=1e-6)
    teacher = read_teacher(output)
    assert teacher.name == "two runs"
    assert [described["sha256"] for described in teacher.notes["runs"]] == [
        sha256_of(path) for path in runs
    ]
    with pytest.raises(DataError, match="q3"):
        run(monkeypatch, "run-lists", runs[1], runs[1], "--output", tmp_path / "twice.jsonl")
    assert not (tmp_path / "twice.jsonl").exists()


def test_labels_add_to_the_scores_of_what_is_relevant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hits = {"q1": [("a", 0.9), ("b", 0.8), ("c", 0.1)], "q2": [("a", 0.4)]}
    source = put_run(tmp_path / "run.trec", hits)
    qrels = put(tmp_path / "qrels.txt", ["q1 0 b 2", "q1 0 a 0", "q3 0 a 1"])
    output = tmp_path / "lists.jsonl"
    run(
        *(monkeypatch, "run-lists", source, "--output", output),
        *("--qrels", qrels, "--label-weight", 0.25),
    )
    found = {query: dict(listed) for query, listed in read_scores(output).lists()}
    assert list(found["q1"]) == ["b", "a", "c"]
    assert found["q1"] == pytest.approx({"b": 1.05, "a": 0.9, "c": 0.1})
    assert found["q2"] == pytest.approx({"a": 0.4})
    assert read_teacher(output).notes["label_weight"] == 0.25
    with pytest.raises(SystemExit, match="2"):
        run(monkeypatch, "run-lists", source, "--output", output, "--label-weight", 0.25)


def test_one_translation_is_drawn_of_a_word_net_and_all_of_other_lexica(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = put(tmp_path / "a.tsv.gz", ["sea\tبحر\tnote", "sun\tشمس", "sea\tيم", "sea\tبحر"])
    other = put(tmp_path / "b.tsv", ["sun\tشمس\tagain", "sun\tذكاء"])
    nouns = {f"noun {n}": [f"اسم {n} {k}" for k in range(4)] for n in range(30)}
    rows = [f"{e}\t{a}\t0988-n" for e, listed in nouns.items() for a in listed]
    net = put(tmp_path / "net.tsv.gz", [*rows, "sun\tشمس"])

    def pairs(*words: object) -> list[tuple[str, ...]]:
        made = tmp_path / "pairs.tsv"
        run(monkeypatch, "lexicon-pairs", plain, other, "--one", net, "--output", made, *words)
        return [tuple(line.split("\t")) for line in made.read_text(encoding="utf-8").splitlines()]

    found = pairs()
    assert found[:4] == [("sea", "بحر"), ("sun", "شمس"), ("sea", "يم"), ("sun", "ذكاء")]
    assert sorted(english for english, _ in found[4:]) == sorted(nouns)
    assert all(translation in nouns[english] for english, translation in found[4:])
    assert len({translation.split()[-1] for _, translation in found[4:]}) > 1
    assert pairs() == found
    assert pairs("--seed", 7) != found


def test_a_question_on_an_article_gets_its_best_passage_that_may_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = {"1#0": "مصر", "1#1": "مصر", "2#0": "أسبانيا", "3#0": "نهر", "4#0": "بحر"}
    passages = [{"id": i, "title": t, "contents": f"نص {i}"} for i, t in titles.items()]
    corpus = put(tmp_path / "corpus.jsonl.gz", passages)
    found = ("3#0", "2#0", "1#1", "1#0")
    ranked = {f"q{n}": [(i, float(9 - at)) for at, i in enumerate(found)] for n in range(7)}
    source = put_run(tmp_path / "run.trec", ranked)
    grades = ("q5 0 1 1", "q1 0 1 1", "q1 0 3 0", "q2 0 2 1", "q3 0 4 1", "q4 0 2 1", "q4 0 1 1")
    # q6 has no judgment; q9 of the topics is not in the run; q0 of the run is no topic.
    qrels = put(tmp_path / "qrels.txt", [*grades, "q0 0 1 1", "q9 0 1 1"])
    topics = put(tmp_path / "topics.tsv", (f"q{n}\tسؤال {n}" for n in (5, 4, 3, 2, 1, 6, 9)))
    # Written otherwise than in the collection.
    barred = put(tmp_path / "titles.txt", ["اسبانيا"])
    words = (source, topics, qrels, corpus, tmp_path / "made", "--leave-out", barred)
    run(monkeypatch, "article-questions", *words)
    made = tmp_path / "made"
    wanted = {"q5": "سؤال 5", "q4": "سؤال 4", "q1": "سؤال 1"}
    assert list(read_topics(made / "topics.tsv").items()) == list(wanted.items())
    assert read_qrels(made / "qrels.txt") == {query: {"1#1": 1} for query in wanted}
    written = read_passages(made / "corpus.jsonl")
    assert list(written.values()) == [read_passages(corpus)["1#1"]]


def test_titles_are_of_the_whole_collection_or_of_judged_articles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = {"1#0": "مصر", "1#1": "مصر", "2#0": "نهر", "21#0": "بحر", "3": "جبل", "4": ""}
    passages = [{"id": i, "title": t, "contents": "نص"} for i, t in titles.items()]
    corpus, output = put(tmp_path / "corpus.jsonl", passages), tmp_path / "titles.txt"
    run(monkeypatch, "titles", corpus, "--output", output)
    assert output.read_text(encoding="utf-8").splitlines() == ["بحر", "جبل", "مصر", "نهر"]
    of_passages = put(tmp_path / "passages.txt", ["q1 0 1#7 0", "q1 0 9#0 1"])
    of_articles = put(tmp_path / "articles.txt", ["q2 0 2 1", "q2 0 4 1"])
    words = (corpus, "--qrels", of_passages, "--qrels", of_articles, "--output", output)
    run(monkeypatch, "titles", *words)
    assert output.read_text(encoding="utf-8").splitlines() == ["مصر", "نهر"]


def test_both_sides_of_parallel_passages_have_the_same_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = put(tmp_path / "health.tsv.gz", ["a virus\tفيروس", "a mask\tكمامة"])
    news = put(tmp_path / "news.tsv", ["the vote\tالتصويت"])
    run(monkeypatch, "parallel-collection", health, news, tmp_path / "made")
    english, arabic = (
        read_passages(tmp_path / f"made/corpus.{side}.jsonl") for side in ("en", "ar")
    )
    assert list(english) == list(arabic) == ["health#1", "health#2", "news#1"]
    assert [passage.contents for passage in english.values()] == ["a virus", "a mask", "the vote"]
    assert [passage.contents for passage in arabic.values()] == ["فيروس", "كمامة", "التصويت"]


#: articles of the small Wikipedia, the first of which have a judged lead; some are ARCD's
ARTICLES, LEADS, ARCD = 360, 330, range(325, 360, 5)
BITEXTS = (
    *("tatoeba", "tico19", "ntrex", "pud", "comve", "ms-beginner-docs-mt", "react-docs"),
    *("opensource-guide", "tldr-pages", "bitcoin-org", "bible"),
)
#: how the ids of questions begin: of leads, of articles, of ARCD, English, of parallel passages
SOURCES = {"m", "x", "arcd", "en", "sentence"}
LEXICA = ("arabic-wordnet", "arwikicats", "cldr", "tico19-terms")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """All that bin/make-students reads, in small: of 330 questions it holds 300 out."""
    folder = tmp_path / "data"
    _put_language_data(folder)
    rng, words = (
        random.Random(0),
        sorted({w for s in SENTENCES[:7] for w in s.split() if len(w) > 1}),
    )
    texts = [[" ".join(rng.sample(words, 12)) for _ in range(2)] for _ in range(ARTICLES)]
    wiki = [
        {"id": f"{n}#{part}", "title": f"مقال {n}", "contents": f"مقال {n}\n{text}."}
        for n, parts in enumerate(texts)
        for part, text in enumerate(parts)
    ]
    put(folder / "corpora/arwiki2017.jsonl.gz", wiki)
    _put_arcd(folder / "arcd")
    miracl = folder / "miracl-ar-lead-train"
    leads = [{**passage, "id": passage["id"][:-2]} for passage in wiki[: 2 * LEADS : 2]]
    put(miracl / "corpus.jsonl.gz", leads)
    _put_questions(miracl, "", [f"m{n}" for n in range(LEADS)])
    # On each article without a judged lead, and on some with one; some stand in both files.
    more = [f"x{n}" for n in (*range(20), *range(LEADS, ARTICLES))]
    _put_questions(miracl, ".article", [*more, *(f"m{n}" for n in range(20, 40))])
    return folder


def _put_arcd(folder: Path) -> None:
    """Two passages an article, of which the second article is tested, and too many questions."""
    passages = [f"arcd-{n}-0{part}" for n in ARCD for part in range(2)]
    titles = (f"مَقال {passage[5:8]}" for passage in passages)
    texts = [
        {"id": i, "title": t, "contents": f"نص {i}"} for i, t in zip(passages, titles, strict=True)
    ]
    put(folder / "corpus.jsonl", texts)
    questions = [f"{passage}-q{n}" for passage in passages for n in range(36)]
    put(folder / "topics.tsv", (f"{i}\tأين نص {i} ؟" for i in questions))
    put(folder / "qrels.txt", (f"{i} 0 {i.rpartition('-')[0]} 1" for i in questions))
    tested = f"arcd-{ARCD[1]}-00-q3"
    put(folder / "split.tsv", (f"{i}\t{'test' if i == tested else 'train'}" for i in questions))


def _put_questions(folder: Path, grain: str, ids: list[str]) -> None:
    put(folder / f"topics{grain}.tsv", (f"{i}\tما هو مقال {i[1:]} ؟" for i in ids))
    put(folder / f"qrels{grain}.txt", (f"{i} 0 {i[1:]} 1" for i in ids))


def _put_language_data(folder: Path) -> None:
    """Bitext, lexica and English questions."""
    pairs = write_bitext(folder.parent / "bitext.tsv", 60).read_text(encoding="utf-8").splitlines()
    entries = write_lexicon(folder.parent / "words.tsv").read_text(encoding="utf-8").splitlines()
    joined = [pair.replace("\t", f". {n} more of it.\tنص. ") for n, pair in enumerate(pairs)]
    for name in ("tico19-passages", "ntrex-passages"):
        put(folder / f"bitext/{name}.tsv.gz", joined)
    for name in BITEXTS:
        put(folder / f"bitext/{name}.tsv.gz", pairs)
    for name in LEXICA:
        put(folder / f"lexicon/{name}.tsv.gz", entries)
    english, texts = folder / "english/en-newwiki", list(enumerate(SENTENCES[7:11]))
    put(english / "corpus.jsonl", [{"id": f"en-{n}", "title": "", "contents": t} for n, t in texts])
    put(english / "topics.tsv", (f"en-q{n}\t{text.lower()}" for n, text in texts))
    put(english / "qrels.txt", (f"en-q{n} 0 en-{n} 1" for n, _ in texts))


def state(folder: Path) -> dict[Path, int]:
    """When each file was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


# One test of both parts, since each of their commands imports PyTorch or starts Java.
@pytest.mark.timeout(600)
def test_students_start_and_train_on_what_may_be_read_and_fits_together(
    tmp_path: Path, data: Path, tiny_bi_encoder: Path, environment: dict[str, str]
) -> None:
    output = tmp_path / "made-students"
    words = ("make-students", data, tiny_bi_encoder, output, "start", "questions")
    script_output(environment, *words)
    _check_start(output, tiny_bi_encoder)
    _check_fit(output / "mixed")
    _check_held_out(output)
    # The files that parts are joined in are written anew, the same; nothing else is.
    before, mixed = (
        state(output),
        [sha256_of(path) for path in sorted((output / "mixed").iterdir())],
    )
    script_output(environment, *words)
    after = state(output)
    assert [sha256_of(path) for path in sorted((output / "mixed").iterdir())] == mixed
    assert after.keys() == before.keys()
    again = {path.relative_to(output) for path in after if after[path] != before[path]}
    assert {str(path.parent) for path in again} <= {"mixed", "split", "."}
    joined = {"topics.article.tsv", "passages.jsonl"}
    assert {path.name for path in again if path.parent == Path()} <= joined
    assert not any(path.name.startswith("topics.") for path in again if str(path.parent) == "split")


@pytest.mark.timeout(600)
def test_teachers_score_what_the_cross_encoders_read(
    tmp_path: Path, data: Path, tiny_bi_encoder: Path, environment: dict[str, str]
) -> None:
    output = tmp_path / "made-students"
    shutil.copytree(tiny_bi_encoder, output / "students/kd-mini")
    make_late_interaction(output / "students/kd-mini-li")
    words = ("make-students", data, tiny_bi_encoder, output)
    script_output(environment, *words, "questions", "scores")
    _check_arcd(output / "arcd")
    taught = output / "taught"
    _check_fit(taught)
    store, qrels = read_scores(taught / "scores.jsonl"), read_qrels(taught / "qrels.txt")
    lists = dict(store.lists())
    corpus = read_passages(taught / "corpus.jsonl")
    assert lists.keys() <= read_topics(taught / "topics.tsv").keys()
    assert {query.split("-")[0].rstrip("0123456789") for query in lists} == SOURCES
    for query, scored in lists.items():
        assert {passage for passage, _ in scored} <= corpus.keys()
        assert any(qrels[query].get(passage) for passage, _ in scored)
        assert max(score for _, score in scored) <= 1.2 + 1e-6
        # Labels are added, and the cosines of parallel passages are scaled before that.
        assert not query.startswith("sentence") or max(score for _, score in scored) >= 1 - 1e-6
    assert read_teacher(taught / "scores.jsonl").notes["label_weight"] == 0.2
    # The teacher read the English side, and the students read the other one.
    assert "\u0600" < corpus["tico19-passages#1"].contents[0] < "\u06ff"
    before = state(output / "runs")
    script_output(environment, *words, "scores")
    assert state(output / "runs") == before


def _check_arcd(arcd: Path) -> None:
    """Nothing of the tested article, and no article on both sides."""
    sides = [read_topics(arcd / f"topics.{side}.tsv") for side in ("train", "dev")]
    articles = [{query.split("-")[1] for query in side} for side in sides]
    assert articles[0].isdisjoint(articles[1])
    assert articles[0] | articles[1] == {str(n) for n in ARCD} - {str(ARCD[1])}
    judged = read_qrels(arcd / "qrels.train.txt")
    assert judged.keys() == sides[0].keys()
    wanted = {f"arcd-{n}#0{part}" for n in articles[0] for part in range(2)}
    assert {docid for grades in judged.values() for docid in grades} == wanted
    assert read_passages(arcd / "corpus.jsonl").keys() == wanted


def _check_start(output: Path, teacher: Path) -> None:
    """New words are pieces of the vocabulary; the drawn lexicon has each pair once."""
    from transformers import AutoTokenizer

    old, new = (AutoTokenizer.from_pretrained(folder) for folder in (teacher, output / "start"))
    assert new.tokenize("شمس") == ["شمس"]
    assert len(old.tokenize("شمس")) > 1
    pairs = (output / "lexicon.tsv").read_text(encoding="utf-8").splitlines()
    assert sorted(pairs) == sorted(f"{english}\t{word}" for english, word in DICTIONARY.items())


def _check_fit(mixed: Path) -> None:
    topics, qrels = read_topics(mixed / "topics.tsv"), read_qrels(mixed / "qrels.txt")
    # Reading refuses an id that comes twice.
    corpus = read_passages(mixed / "corpus.jsonl")
    assert topics.keys() == qrels.keys()
    assert all(docid in corpus for grades in qrels.values() for docid in grades)


def _check_held_out(output: Path) -> None:
    topics = read_topics(output / "mixed/topics.tsv")
    held = read_topics(output / "split/topics.dev.tsv")
    unread = {int(query[1:]) for query in held} | set(ARCD)
    assert len(held) == 300
    assert not held.keys() & topics.keys()
    assert {f"m{n}" for n in range(LEADS)} - held.keys() <= topics.keys()
    # An article question is on the passages of its own article, of those that may be read.
    placed = read_qrels(output / "articles/qrels.txt")
    asked = {*range(20), *range(LEADS, ARTICLES)} - unread
    assert {int(query[1:]) for query in placed} == asked
    assert all(docid.split("#")[0] == query[1:] for query in placed for docid in placed[query])
    # Every passage of every other article has made queries.
    made = read_qrels(output / "made/qrels.txt")
    articles = {int(docid.split("#")[0]) for grades in made.values() for docid in grades}
    assert articles == set(range(ARTICLES)) - unread
