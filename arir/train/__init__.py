"""``arir train``: students learn by one of the methods of :mod:`arir.train.config`."""

from arir.train.config import METHODS, TrainConfig
from arir.train.service import TrainReport, train

__all__ = ["METHODS", "TrainConfig", "TrainReport", "train"]
