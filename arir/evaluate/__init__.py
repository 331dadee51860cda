"""Measures, equal to trec_eval's to the last digit, over runs and qrels in columns."""

from arir.evaluate.judgments import Judgments
from arir.evaluate.measure import Measured, measure_run
from arir.evaluate.measures import Measure, parse_measure, parse_measures

__all__ = [
    "Judgments",
    "Measure",
    "Measured",
    "measure_run",
    "parse_measure",
    "parse_measures",
]
