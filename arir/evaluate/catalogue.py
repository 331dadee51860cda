"""What each measure is: one entry a measure, named as in ir-measures, and nothing but data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from arir.evaluate import binary, graded, incomplete, sets
from arir.evaluate.judged import Floats

__all__ = ["ALIASES", "CATALOGUE", "Definition", "Parameter"]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a measure: its type, its default, and the values it may take."""

    kind: type
    default: Any = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definition:
    """A measure as the catalogue has it.

    Attributes:
        summary: what it says, in a few words.
        kernel: the function of :class:`~arir.evaluate.judged.JudgedHits` that computes it.
        parameters: what may stand in the brackets (and behind the ``@``), in this order.
        at: the parameter that stands behind the ``@``; ``None`` where nothing may.
        aggregate: how topics become one number; counts are summed, as trec_eval does.
        trec_eval: its name there, where it has one; ``{}`` stands for the ``@`` value.
    """

    summary: str
    kernel: Callable[..., Floats]
    parameters: dict[str, Parameter]
    at: str | None = None
    aggregate: Literal["mean", "sum"] = "mean"
    trec_eval: str | None = None


REL = Parameter(int, default=1, least=1)
ANY_CUTOFF = Parameter(int, least=1)
CUTOFF = Parameter(int, required=True, least=1)
JUDGED_ONLY = Parameter(bool, default=False)

BINARY = {"rel": REL, "judged_only": JUDGED_ONLY}
BINARY_AT = {"cutoff": CUTOFF, **BINARY}
BINARY_MAYBE_AT = {"cutoff": ANY_CUTOFF, **BINARY}

CATALOGUE: dict[str, Definition] = {
    "nDCG": Definition(
        "discounted cumulative gain of the grades, over that of the ideal ranking",
        graded.ndcg,
        {
            "cutoff": ANY_CUTOFF,
            "dcg": Parameter(str, default="log2", choices=("log2", "exp-log2")),
            "gains": Parameter(dict, default=()),
            "judged_only": JUDGED_ONLY,
        },
        at="cutoff",
        trec_eval="ndcg_cut_{}",
    ),
    "RR": Definition(
        "reciprocal rank of the first relevant passage; without @k there is no cut-off",
        binary.reciprocal_rank,
        BINARY_MAYBE_AT,
        at="cutoff",
        trec_eval="recip_rank",
    ),
    "AP": Definition(
        "average of the precisions at the relevant passages",
        binary.average_precision,
        BINARY_MAYBE_AT,
        at="cutoff",
        trec_eval="map_cut_{}",
    ),
    "P": Definition(
        "share of the first k that is relevant",
        binary.precision,
        BINARY_AT,
        at="cutoff",
        trec_eval="P_{}",
    ),
    "R": Definition(
        "share of the relevant passages that is among the first k",
        binary.recall,
        BINARY_AT,
        at="cutoff",
        trec_eval="recall_{}",
    ),
    "Success": Definition(
        "whether a relevant passage is among the first k",
        binary.success,
        BINARY_AT,
        at="cutoff",
        trec_eval="success_{}",
    ),
    "Rprec": Definition(
        "precision at the number of relevant passages",
        binary.r_precision,
        BINARY,
        trec_eval="Rprec",
    ),
    "IPrec": Definition(
        "highest precision at or beyond a recall",
        binary.interpolated_precision,
        {"recall": Parameter(float, required=True, least=0.0, most=1.0), **BINARY},
        at="recall",
        trec_eval="iprec_at_recall_{}",
    ),
    "Bpref": Definition(
        "share of the judged pairs that is in the right order",
        incomplete.bpref,
        {"rel": REL},
        trec_eval="bpref",
    ),
    "infAP": Definition(
        "average precision inferred from a judged sample of the pool",
        incomplete.inferred_average_precision,
        {"rel": REL},
        trec_eval="infAP",
    ),
    "Judged": Definition(
        "share of the first k that the qrels name",
        incomplete.judged,
        {"cutoff": ANY_CUTOFF},
        at="cutoff",
    ),
    "RBP": Definition(
        "rank-biased precision: the gain of a user who goes on with probability p",
        graded.rank_biased_precision,
        {
            "cutoff": ANY_CUTOFF,
            "p": Parameter(float, default=0.8, least=0.0, most=1.0),
            "rel": REL,
        },
        at="cutoff",
    ),
    "ERR": Definition(
        "expected reciprocal rank of a user who stops when satisfied",
        graded.expected_reciprocal_rank,
        {"cutoff": ANY_CUTOFF},
        at="cutoff",
    ),
    "SetP": Definition(
        "precision of all that was retrieved",
        sets.set_precision,
        {"rel": REL, "relative": Parameter(bool, default=False), "judged_only": JUDGED_ONLY},
        trec_eval="set_P",
    ),
    "SetR": Definition(
        "recall of all that was retrieved", sets.set_recall, {"rel": REL}, trec_eval="set_recall"
    ),
    "SetF": Definition(
        "weighted harmonic mean of SetP and SetR",
        sets.set_f,
        {"rel": REL, "beta": Parameter(float, default=1.0, least=0.0), "judged_only": JUDGED_ONLY},
        trec_eval="set_F",
    ),
    "SetAP": Definition(
        "SetP times SetR",
        sets.set_average_precision,
        BINARY,
        trec_eval="set_map",
    ),
    "NumQ": Definition("number of judged topics", sets.number_topics, {}, None, "sum", "num_q"),
    "NumRet": Definition(
        "number of hits, or of those with a grade of at least rel",
        sets.number_retrieved,
        {"rel": Parameter(int, least=1)},
        aggregate="sum",
        trec_eval="num_ret",
    ),
    "NumRel": Definition(
        "number of relevant passages",
        sets.number_relevant,
        {"rel": REL},
        aggregate="sum",
        trec_eval="num_rel",
    ),
    "NumRelRet": Definition(
        "number of relevant hits",
        sets.number_relevant_retrieved,
        {"rel": REL},
        aggregate="sum",
        trec_eval="num_rel_ret",
    ),
}

#: further names of ir-measures
ALIASES = {
    "NDCG": "nDCG",
    "MRR": "RR",
    "MAP": "AP",
    "Precision": "P",
    "Recall": "R",
    "BPref": "Bpref",
    "RPrec": "Rprec",
}
