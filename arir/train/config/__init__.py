"""Settings of ``arir train``: one class a method; a recipe's ``method`` says which."""

from arir.train.config.bitext import BitextConfig
from arir.train.config.common import NEW, StudentConfig
from arir.train.config.contrast import ContrastConfig
from arir.train.config.lists import ListsConfig
from arir.train.config.margins import MarginsConfig
from arir.train.config.masked_lm import MaskedLmConfig
from arir.train.config.ranking import RankingConfig
from arir.train.config.stages import STAGE_METHODS, StagesConfig

__all__ = [
    "METHODS",
    "NEW",
    "BitextConfig",
    "ContrastConfig",
    "ListsConfig",
    "MarginsConfig",
    "MaskedLmConfig",
    "RankingConfig",
    "STAGE_METHODS",
    "StagesConfig",
    "StudentConfig",
    "TrainConfig",
]

#: what a recipe's ``method`` can be
METHODS: dict[str, type[StudentConfig] | type[StagesConfig]] = {
    **STAGE_METHODS,
    "stages": StagesConfig,
}
#: the settings of the method that is taken where none is named
TrainConfig = MarginsConfig
