"""``arir train``: a bi-encoder learns from cached teacher scores."""

from arir.train.config import TrainConfig
from arir.train.service import TrainReport, train

__all__ = ["TrainConfig", "TrainReport", "train"]
