"""Settings of ``arir train``: one class a method; a recipe's ``method`` says which."""

from arir.train.config.bitext import BitextConfig
from arir.train.config.common import NEW, StudentConfig
from arir.train.config.contrast import ContrastConfig
from arir.train.config.lists import ListsConfig
from arir.train.config.margins import MarginsConfig
from arir.train.config.masked_lm import MaskedLmConfig
from arir.train.config.ranking import RankingConfig

__all__ = [
    "METHODS",
    "NEW",
    "BitextConfig",
    "ContrastConfig",
    "ListsConfig",
    "MarginsConfig",
    "MaskedLmConfig",
    "RankingConfig",
    "StudentConfig",
    "TrainConfig",
]

#: what a recipe's ``method`` can be
METHODS: dict[str, type[StudentConfig]] = {
    "margins": MarginsConfig,
    "lists": ListsConfig,
    "contrast": ContrastConfig,
    "bitext": BitextConfig,
    "masked-lm": MaskedLmConfig,
}
#: the settings of the method that is taken where none is named
TrainConfig = MarginsConfig
