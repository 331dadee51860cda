"""Paired significance tests on per-topic values: pure kernels, one file a family.

Every test takes systems as rows and topics as columns, ``values`` of shape (systems, topics), and
``pairs`` of row numbers; it answers for the differences first minus second, topic by topic. No
p-value is ever 0, none is ever NaN.
"""

from arir.compare.significance.bootstrap import bootstrap_tests
from arir.compare.significance.common import Estimate, Sides, TestResult, paired_differences
from arir.compare.significance.equivalence import EquivalenceResult, equivalence_test
from arir.compare.significance.parametric import mean_interval, t_test
from arir.compare.significance.randomisation import randomisation_tests
from arir.compare.significance.sign import sign_test
from arir.compare.significance.tukey import TukeyResult, tukey_hsd
from arir.compare.significance.wilcoxon import wilcoxon_test

__all__ = [
    "Estimate",
    "EquivalenceResult",
    "Sides",
    "TestResult",
    "TukeyResult",
    "bootstrap_tests",
    "equivalence_test",
    "mean_interval",
    "paired_differences",
    "randomisation_tests",
    "sign_test",
    "t_test",
    "tukey_hsd",
    "wilcoxon_test",
]
