"""``arir train``: students learn by one of the methods of :mod:`arir.train.config`."""

from arir.train.config import METHODS, StagesConfig, TrainConfig
from arir.train.service import TrainReport, train
from arir.train.stages import StagesReport, train_stages

__all__ = [
    "METHODS",
    "StagesConfig",
    "StagesReport",
    "TrainConfig",
    "TrainReport",
    "train",
    "train_stages",
]
