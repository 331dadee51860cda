"""How tests, corrections and numbers are worded in tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from arir.compare.result import Collection, Comparison, Design, Detectable
from arir.compare.significance.common import Estimate

__all__ = [
    "bounds",
    "corrected_heading",
    "design_text",
    "detectable_text",
    "interval_text",
    "level_text",
    "macro_design",
    "macro_text",
    "p_text",
    "signed",
    "tested_text",
    "topics_text",
]

TESTS = {
    "randomisation": "paired randomisation test",
    "t": "paired t-test",
    "wilcoxon": "Wilcoxon signed-rank test",
    "bootstrap": "studentised paired bootstrap test",
    "sign": "sign test",
    "tukey": "randomised Tukey HSD",
}
SIDES = {
    "two": "two-sided",
    "greater": "one-sided (first is better)",
    "less": "one-sided (first is worse)",
}
CORRECTIONS = {
    "holm": "Holm's correction",
    "bonferroni": "Bonferroni's correction",
    "bh": "Benjamini-Hochberg's correction (false discovery rate)",
}
SHORT = {"holm": "Holm", "bonferroni": "Bonferroni", "bh": "BH", "none": "not corrected"}
RESAMPLED = {"randomisation", "bootstrap", "tukey"}
INTERVALS = {"bootstrap": "BCa bootstrap", "tukey": "Tukey's, simultaneous for one measure"}
SMALLEST_SHOWN = 0.0001


def design_text(design: Design, methods: Iterable[str] = ()) -> str:
    """Test, sides, alpha, correction, family, B and seed in one sentence.

    Args:
        methods: how the p-values came about; where all are exact, no seed had a part in them.
    """
    parts = [TESTS[design.test], SIDES[design.sides], f"α = {design.alpha:g}"]
    parts.append(_correction(design))
    if design.test in RESAMPLED and set(methods) == {"exact"}:
        parts.append("exact")
    elif design.test in RESAMPLED:
        parts.append(f"B = {design.permutations:,}, seed {design.seed}")
    return ", ".join(parts)


def _correction(design: Design) -> str:
    family = f"{design.family} hypotheses ({design.family_text})"
    if design.family == 1:
        return "one hypothesis"
    if design.correction == "none":
        return f"{family}, not corrected"
    if design.test == "tukey":
        return f"{family}, corrected by the test itself{_rounds(design)}"
    return f"{CORRECTIONS[design.correction]} over {family}"


def _rounds(design: Design) -> str:
    """What Tukey's test leaves to correct."""
    collections = " on " in design.family_text
    if len(design.measures) == 1 and not collections:
        return ""
    return f" and by Bonferroni over measures{' and collections' if collections else ''}"


def corrected_heading(design: Design) -> str:
    """The heading of corrected p-values."""
    return "p (corrected)" if design.test == "tukey" else f"p ({SHORT[design.correction]})"


def level_text(design: Design) -> str:
    """The heading of intervals."""
    return f"{100 * design.confidence:g} % interval"


def topics_text(collections: Sequence[Collection]) -> str:
    """The number of topics of each collection."""
    sizes = [f"{len(collection.topic_ids):,}" for collection in collections]
    return f"n = {', '.join(sizes)} topic{'' if sizes == ['1'] else 's'}"


def tested_text(comparison: Comparison) -> str:
    """How all pairs were tested, and on how many topics."""
    collections = comparison.collections
    methods = [pair.method for collection in collections for pair in collection.pairs]
    return f"{design_text(comparison.design, methods)}; {topics_text(collections)}"


def macro_design(comparison: Comparison) -> Design:
    """How macro averages are tested: by the randomisation test, as a family of their own."""
    family = 0 if comparison.macro is None else comparison.macro.family
    measures = len(comparison.design.measures)
    pairs = family // measures
    return replace(
        comparison.design,
        test="randomisation",
        family=family,
        family_text=f"{pairs} pair{'' if pairs == 1 else 's'} × "
        f"{measures} measure{'' if measures == 1 else 's'}",
    )


def macro_text(comparison: Comparison) -> str:
    """What the macro average is, and how its differences are tested."""
    text, macro = "Macro average: every collection has the same weight", comparison.macro
    if macro is not None and macro.pairs:
        design = design_text(macro_design(comparison), [pair.method for pair in macro.pairs])
        text += f"; tested over all topics as a family of its own: {design}"
    if macro is not None and macro.left_out:
        text += f"; without {', '.join(macro.left_out)}, which lack runs on some collection"
    return f"{text}."


def interval_text(design: Design) -> str:
    """What the intervals of the differences are."""
    kind = INTERVALS.get(design.test, "Student's t, each on its own")
    return f"{100 * design.confidence:g} % intervals of the difference: {kind}"


def detectable_text(measure: str, found: Detectable, design: Design) -> str:
    """What the topics can detect under one measure."""
    text = (
        f"{measure}: a paired t-test finds a difference of {found.single:.4f} with power "
        f"{design.power:g} at α = {design.alpha:g}"
    )
    if found.family > found.single * (1 + 1e-9):
        text += f", and {found.family:.4f} among {design.family} hypotheses"
    return f"{text} (median over the pairs)"


def p_text(p: float) -> str:
    """A p-value with four decimals; never shown as 0.

    >>> p_text(0.01234), p_text(0.00001)
    ('0.0123', '<0.0001')
    """
    return f"{p:.4f}" if p >= SMALLEST_SHOWN else f"<{SMALLEST_SHOWN}"


def signed(value: float | None, digits: int = 4) -> str:
    """A number with its sign, or a dash.

    >>> signed(0.5), signed(-0.25, 2), signed(0.0), signed(None)
    ('+0.5000', '−0.25', '0.0000', '–')
    """
    if value is None:
        return "–"
    shown = f"{abs(value):.{digits}f}"
    if not float(shown):
        return shown
    return f"{'+' if value > 0 else '−'}{shown}"


def bounds(estimate: Estimate, digits: int = 4, *, plus: bool = True) -> str:
    """An interval in brackets, or a dash; ``plus`` writes the sign of positive bounds.

    >>> bounds(Estimate(0.1, (-0.05, 0.25)), 2)
    '[−0.05, +0.25]'
    """
    if estimate.interval is None:
        return "–"
    low, high = (signed(bound, digits) for bound in estimate.interval)
    return f"[{low}, {high}]" if plus else f"[{low}, {high}]".replace("+", "")
