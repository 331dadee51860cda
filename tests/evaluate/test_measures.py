"""Measure names: what is understood, that text and measure say the same, and what is refused."""

from __future__ import annotations

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.errors import ConfigError
from arir.evaluate.catalogue import CATALOGUE, Parameter
from arir.evaluate.judged import from_grades
from arir.evaluate.measures import Measure, parse_measure, parse_measures


def values_of(parameter: Parameter) -> st.SearchStrategy[object]:
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    if parameter.kind is dict:
        return st.dictionaries(st.integers(-1, 4), st.integers(0, 9), max_size=3)
    if parameter.kind is float:
        return st.floats(parameter.least or 0.0, parameter.most or 9.0)
    return st.integers(1, 1000) if parameter.kind is int else st.booleans()


@st.composite
def written(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(sorted(CATALOGUE)))
    known = CATALOGUE[name].parameters
    chosen = {
        key: draw(values_of(parameter))
        for key, parameter in known.items()
        if parameter.required or draw(st.booleans())
    }
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in chosen.items())})"


@given(text=written())
def test_a_measure_and_its_text_say_the_same(text: str) -> None:
    measure = parse_measure(text)
    assert parse_measure(str(measure)) == measure
    assert str(parse_measure(str(measure))) == str(measure)


@pytest.mark.parametrize(
    "text",
    [
        "nDCG@10",
        "RR",
        "RR@10",
        "AP(rel=2)@100",
        "P@5",
        "R@100",
        "Success@1",
        "Rprec",
        "Bpref",
        "infAP",
        "Judged@10",
        "ERR@20",
        "RBP(p=0.5)",
        "RBP(p=0.5,rel=2)@10",
        "SetP",
        "SetR",
        "SetF",
        "SetAP",
        "IPrec@0.5",
        "NumRet",
        "NumRel",
        "NumRelRet",
        "NumQ",
        "nDCG(dcg='exp-log2')@10",
        "SetP(relative=True)",
        "SetF(beta=2.0)",
        "P(rel=2,judged_only=True)@10",
    ],
)
def test_names_are_those_of_ir_measures(text: str) -> None:
    name, _, rest = text.partition("(")
    inside, _, behind = rest.rpartition(")")
    at = (behind if rest else text).partition("@")[2]
    keywords = eval(f"dict({inside})")
    theirs = getattr(ir_measures, name.partition("@")[0])(**keywords)
    theirs = theirs @ (float(at) if "." in at else int(at)) if at else theirs
    assert str(parse_measure(text)) == text
    assert str(theirs) in {text, "NumRet(rel=1)"}


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("MRR@10", "RR@10"),
        ("MAP", "AP"),
        ("NDCG@10", "nDCG@10"),
        ("Recall@100", "R@100"),
        ("Precision@1", "P@1"),
        ("BPref", "Bpref"),
        ("RPrec", "Rprec"),
        (" nDCG( cutoff=10 ) ", "nDCG@10"),
        ("AP(rel=1)", "AP"),
        ("RBP(p=1)", "RBP(p=1.0)"),
        ("nDCG(gains={0:0,2:5,1:3})", "nDCG(gains={1:3,2:5})"),
    ],
)
def test_other_spellings_mean_the_same(alias: str, name: str) -> None:
    assert str(parse_measure(alias)) == name


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ndcg@10", r"unknown measure 'ndcg@10' \(did you mean nDCG@10\?\)"),
        ("mrr@10", r"did you mean MRR@10\?"),
        ("ndcg_cut_10", r"did you mean nDCG@10\?"),
        ("ndcg_cut.10", r"did you mean nDCG@10\?"),
        ("recip_rank", r"did you mean RR\?"),
        ("recall_100", r"did you mean R@100\?"),
        ("P_5", r"did you mean P@5\?"),
        ("map_cut_100", r"did you mean AP@100\?"),
        ("iprec_at_recall_0.5", r"did you mean IPrec@0\.5\?"),
        ("set_F", r"did you mean SetF\?"),
        ("Sucess@1", r"did you mean Success\?"),
        ("quality", r"known: AP, BPref"),
        ("nDCG@10@20", "cannot be read; write Name"),
        ("", "measure '' cannot be read"),
        ("AP(rel)", "the brackets hold key=value pairs"),
        ("AP(2)", "the brackets hold key=value pairs"),
        ("AP(rel=)", "cannot read the brackets"),
        ("AP(rel=x)", "'x' is not a value"),
        ("AP(rel=__import__('os'))", "is not a value"),
        ("AP(level=2)", "no parameter 'level'; did you mean rel|no parameter 'level'; known"),
        ("NumQ(rel=2)", "no parameter 'rel'; it has none"),
        ("AP(rel=2.5)", "rel must be int, not 2.5"),
        ("AP(rel=True)", "rel must be int, not True"),
        ("AP(rel=0)", "rel must be at least 1, not 0"),
        ("P@0", "cutoff must be at least 1, not 0"),
        ("P@ten", "'ten' is not a value"),
        ("P", "measure 'P' needs @cutoff; for example P@10"),
        ("IPrec", "measure 'IPrec' needs @recall; for example IPrec@0.5"),
        ("IPrec@1.5", "recall must be at most 1, not 1.5"),
        ("RBP(p=-1)", "p must be at least 0"),
        ("Bpref@10", "Bpref takes no value behind @"),
        ("nDCG(dcg='log')", "dcg must be one of log2, exp-log2"),
        ("nDCG(gains={1:0.5})", "must map whole numbers to whole numbers"),
        ("nDCG(gains=[1])", "gains must be dict"),
    ],
)
def test_what_cannot_be_measured_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        parse_measure(text)


def test_all_wrong_measures_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"'ndcg@10'.*needs @cutoff.*'foo'"):
        parse_measures(["ndcg@10", "AP", "P", "foo"])


def test_a_measure_given_twice_counts_once() -> None:
    assert parse_measures(["RR", "MRR", "AP"]) == (Measure("RR"), Measure("AP"))


def test_counts_are_summed_and_values_averaged() -> None:
    hits = from_grades([[1, 0], [None, 1]])
    counted, averaged = parse_measures(["NumRet", "RR"])
    assert counted.aggregate(counted(hits)) == 4.0
    assert averaged.aggregate(averaged(hits)) == 0.75
