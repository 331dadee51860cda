"""Measures, equal to trec_eval's to the last digit, over runs and qrels in columns."""

from arir.evaluate.config import EvaluateConfig
from arir.evaluate.judgments import Judgments
from arir.evaluate.measure import Measured, measure_run
from arir.evaluate.measures import Measure, parse_measure, parse_measures
from arir.evaluate.service import EvaluateReport, RunReport, evaluate

__all__ = [
    "EvaluateConfig",
    "EvaluateReport",
    "Judgments",
    "Measure",
    "Measured",
    "RunReport",
    "evaluate",
    "measure_run",
    "parse_measure",
    "parse_measures",
]
