"""How a comparison was made, in words, for the foot of the page."""

from __future__ import annotations

from arir.compare import Comparison
from arir.compare.wording import design_text, interval_text, macro_text
from arir.evaluate.measures import parse_measures, reading_notes

__all__ = ["method_lines"]


def method_lines(comparison: Comparison) -> list[tuple[str, str]]:
    """Label and text of every setting that the numbers depend on."""
    design = comparison.design
    measures = parse_measures(design.measures)
    methods = [pair.method for one in comparison.collections for pair in one.pairs]
    lines = [
        ("Measures", "; ".join([", ".join(design.measures), *reading_notes(measures)])),
        ("Qrels", "; ".join(one.qrels_path.name for one in comparison.collections)),
        ("Topics", "; ".join(f"{len(c.topic_ids):,} on {c.name}" for c in comparison.collections)),
    ]
    if methods:
        lines += [
            ("Test", design_text(design, methods)),
            ("Intervals", interval_text(design)),
            ("Power", f"{design.power:g}, for detectable differences and topics needed"),
        ]
    if design.margin is not None:
        lines.append(("Equivalence", f"two one-sided tests with a margin of {design.margin:g}"))
    if comparison.macro is not None:
        lines.append(("Macro average", macro_text(comparison).partition(": ")[2]))
    return lines
