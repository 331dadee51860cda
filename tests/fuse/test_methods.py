"""Fusion methods against the papers' formulas, pyserini.fusion and trectools."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.runs import Run, read_run, write_run
from arir.errors import EvaluationError
from arir.fuse import METHODS, Fusion, fuse, interpolate
from arir.fuse.condorcet import condorcet
from arir.fuse.methods import MethodName
from arir.fuse.normalise import Normalisation, normalised
from arir.fuse.order import trec_order

from .reference import Ranking, fused

Rankings = dict[str, Ranking]


def run_of(rankings: Rankings, tag: str = "t") -> Run:
    return Run.from_rankings({t: list(hits.items()) for t, hits in rankings.items()}, tag)


def rankings_of(run: Run) -> Rankings:
    return {topic: dict(hits) for topic, hits in run.rankings()}


def random_runs(seed: int, runs: int = 3, topics: int = 8, depth: int = 40) -> list[Rankings]:
    """Runs with gaps: scores of different scales, ties, a topic that one run lacks."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(runs):
        rankings = {}
        for topic in range(topics):
            picked = random.permutation(60)[: random.integers(1, depth)]
            scores = random.integers(0, 25, len(picked)) / 4 * 10**number - number
            rankings[f"q{topic}"] = {f"d{d}": float(s) for d, s in zip(picked, scores, strict=True)}
        made.append(rankings)
    del made[1]["q3"]
    return made


def expected_ranking(runs: list[Rankings], topic: str, fusion: Fusion) -> Ranking:
    hits = [run.get(topic, {}) for run in runs]
    weights = fusion.weights or (1.0,) * len(runs)
    return fused(hits, fusion.method, weights, fusion.normalisation, fusion.k, fusion.depth)


@pytest.mark.parametrize("normalisation", get_args(Normalisation))
@pytest.mark.parametrize("method", get_args(MethodName))
def test_every_method_is_its_formula(method: str, normalisation: Normalisation) -> None:
    runs = random_runs(5)
    weights = (0.5, 2.0, 1.0) if METHODS[method].weighted else None
    fusion = Fusion(method, weights, normalisation, k=10.0, depth=25, hits=30)
    result = fuse([run_of(run) for run in runs], fusion)
    assert result.topic_ids == tuple(f"q{n}" for n in range(8))
    for topic, hits in rankings_of(result).items():
        expected = expected_ranking(runs, topic, fusion)
        assert hits == pytest.approx({d: expected[d] for d in hits}, rel=1e-6, abs=1e-12)
        assert len(hits) == min(len(expected), 30)
        assert min(hits.values()) >= sorted(expected.values())[::-1][len(hits) - 1] - 1e-3


def test_the_catalogue_and_the_choices_agree() -> None:
    assert set(METHODS) == set(get_args(MethodName))


@pytest.mark.parametrize("method", ["rrf", "interpolation", "borda"])
def test_hits_are_written_in_the_order_in_which_they_are_measured(method: str) -> None:
    result = fuse([run_of(run) for run in random_runs(7)], Fusion(method))
    for _, hits in result.rankings():
        keys = [(np.float32(score), docid) for docid, score in hits]
        assert keys == sorted(keys, reverse=True)


def test_the_order_of_runs_and_topics_and_the_size_of_parts_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = random_runs(9)
    whole = rankings_of(fuse([run_of(run) for run in runs], Fusion("rrf")))
    turned = [{t: dict(reversed(run[t].items())) for t in reversed(run)} for run in reversed(runs)]
    assert rankings_of(fuse([run_of(run) for run in turned], Fusion("rrf"))) == whole
    monkeypatch.setattr("arir.fuse.pool.pools.__defaults__", (3,))
    assert rankings_of(fuse([run_of(run) for run in runs], Fusion("rrf"))) == whole


def test_a_long_ranking_goes_through_condorcet_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    ranks = np.array([random.permutation(50) + 1.0 for _ in range(3)])
    ranks[ranks > 30] = np.inf
    bounds, weights = np.array([0, 20, 50]), np.ones((3, 1))
    whole = condorcet(ranks, bounds, weights)
    monkeypatch.setattr("arir.fuse.condorcet.PAIRS", 64)
    assert condorcet(ranks, bounds, weights).tolist() == whole.tolist()


def test_the_condorcet_winner_comes_first_whatever_the_borda_count_says() -> None:
    runs = [
        {"q": {"a": 3.0, "b": 2.0, "c": 1.0}},
        {"q": {"a": 4.0, "b": 3.0, "c": 1.0}},
        {"q": {"b": 9.0, "c": 8.0, "d": 7.0, "e": 6.0, "a": 1.0}},
    ]
    first = {
        m: fuse([run_of(r) for r in runs], Fusion(m)).docids[0] for m in ("condorcet", "borda")
    }
    assert first == {"condorcet": "a", "borda": "b"}


@pytest.mark.parametrize("how", get_args(Normalisation))
def test_no_normalisation_reorders_a_run_or_goes_below_what_is_missing(how: Normalisation) -> None:
    scores = np.array([[5.0, 3.0, 3.0, -2.0, 7.0, np.nan, np.nan]])
    ranks = np.array([[1.0, 2.0, 3.0, 4.0, 1.0, np.inf, np.inf]])
    values = normalised(scores, ranks, np.array([0, 4, 6, 7]), how)[0]
    assert np.isnan(values).tolist() == [False] * 5 + [True] * 2
    assert (np.diff(values[:4]) <= 0).all()
    assert how == "none" or (values[:5] >= 0).all()


@given(
    rows=st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(0, 9)),
        st.floats(width=32, allow_nan=False),
        min_size=1,
    ),
    far=st.booleans(),
)
def test_the_fast_order_is_the_plain_one(rows: dict[tuple[int, int], float], far: bool) -> None:
    topic, place = np.array(list(rows)).T
    score = np.array(list(rows.values()), dtype=np.float32)
    expected = np.lexsort((-place, -score, topic))
    assert trec_order(topic + 300 * far, score, place).tolist() == expected.tolist()


def test_interpolate_is_min_max_and_weighted() -> None:
    one, other = {"q": {"a": 10.0, "b": 5.0, "c": 0.0}}, {"q": {"b": 2.0, "d": 1.0}}
    result = interpolate([run_of(one), run_of(other)], [3.0, 1.0])
    expected = {"a": 0.75, "b": 0.625, "d": 0.0, "c": 0.0}
    assert list(rankings_of(result)["q"].items()) == list(expected.items())


def test_runs_that_do_not_fit_together_are_refused() -> None:
    one, same = run_of({"q1": {"a": 1.0}}, "bm25"), run_of({"q1": {"a": 1.0}}, "copy")
    foreign = run_of({"x": {"a": 1.0}}, "foreign")
    with pytest.raises(EvaluationError, match=r"copy: .*same hits and scores as bm25; .*--weight"):
        fuse([one, same], Fusion("rrf"))
    with pytest.raises(EvaluationError, match=r"shares no topic with the others: it has q1"):
        fuse([one, foreign], Fusion("rrf"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two runs with distinct scores, whose topics are numbers, as the references want them."""
    random = np.random.default_rng(21)
    paths = []
    for name in ("a", "b"):
        rankings = {}
        for topic in range(1, 6):
            picked = random.permutation(100)[:50]
            scores = np.sort(random.permutation(1000)[:50])[::-1] / 7.0
            rankings[str(topic)] = {f"d{d}": float(s) for d, s in zip(picked, scores, strict=True)}
        path = tmp_path_factory.mktemp("runs") / f"{name}.trec"
        write_run(path, run_of(rankings, name))
        paths.append(path)
    return paths


@pytest.mark.parametrize(
    ("fusion", "name", "keywords"),
    [
        (Fusion("rrf"), "reciprocal_rank_fusion", {}),
        (Fusion("rrf", k=5.0, depth=20, hits=25), "reciprocal_rank_fusion",
         {"rrf_k": 5, "depth": 20, "k": 25}),
        (Fusion("interpolation", (0.3, 0.7), "none"), "interpolation", {"alpha": 0.3}),
        (Fusion("combsum"), "normalize", {}),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore:invalid escape sequence:SyntaxWarning")
def test_fused_scores_equal_pyserini(
    written: list[Path], fusion: Fusion, name: str, keywords: dict[str, Any]
) -> None:
    pyserini_fusion = pytest.importorskip("pyserini.fusion._base")
    runs = [pyserini_fusion.TrecRun(str(path)) for path in written]
    table = getattr(pyserini_fusion, name)(runs, **keywords).run_data
    ours = rankings_of(fuse([read_run(path) for path in written], fusion))
    for topic, rows in table.groupby("topic"):
        theirs = dict(zip(rows["docid"], rows["score"], strict=True))
        mine = ours[str(topic)]
        assert sorted(mine.values()) == pytest.approx(sorted(theirs.values()), rel=1e-6, abs=1e-9)
        both = mine.keys() & theirs.keys()
        assert {d: mine[d] for d in both} == pytest.approx({d: theirs[d] for d in both}, rel=1e-6)


@pytest.mark.parametrize("strategy", ["sum", "mnz", "anz", "max", "min", "med"])
def test_comb_scores_equal_trectools(written: list[Path], strategy: str) -> None:
    import trectools
    from trectools import fusion as reference

    table = reference.combos(
        [trectools.TrecRun(str(path)) for path in written], strategy=strategy, max_docs=1000
    ).run_data
    runs = [read_run(path) for path in written]
    ours = rankings_of(fuse(runs, Fusion(f"comb{strategy}", normalisation="none")))
    for topic, rows in table.groupby("query"):
        theirs = dict(zip(rows["docid"], rows["score"], strict=True))
        assert ours[str(topic)] == pytest.approx(theirs, rel=1e-6)


def test_scores_beyond_single_precision_stay_finite(tmp_path: Path) -> None:
    runs = [run_of({"q": {"a": 1e300, "b": -1e300}}), run_of({"q": {"c": 2.0}})]
    result = fuse(runs, Fusion("combmax", normalisation="none"))
    assert result.docids.tolist() == ["a", "c", "b"]
    write_run(tmp_path / "a.trec", result)
    assert read_run(tmp_path / "a.trec").docids.tolist() == ["a", "c", "b"]
