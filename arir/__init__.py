"""arir: distil the ranking knowledge of English retrieval models into Arabic and other languages.

What most programs need is here, imported when it is first used; a folder of the package holds each
command's settings and function::

    import arir

    encoder = arir.load_encoder("kd-aradpr")
    report = arir.search_topics(
        arir.SearchConfig(index=("indexes/kd",), topics="topics.tsv", output="runs/kd.trec")
    )
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from arir.errors import ArirError
from arir.version import __version__

if TYPE_CHECKING:
    from arir.compare import CompareConfig
    from arir.compare import compare as compare_runs
    from arir.data.collection import read_collection
    from arir.data.qrels import read_qrels
    from arir.data.runs import Run, read_run, write_run
    from arir.data.topics import read_topics
    from arir.doctor import DoctorConfig, diagnose
    from arir.evaluate import EvaluateConfig
    from arir.evaluate import evaluate as evaluate_runs
    from arir.fuse.config import FuseConfig
    from arir.fuse.service import fuse_runs
    from arir.index.bm25 import build_bm25
    from arir.index.bm25_config import IndexConfig
    from arir.index.config import EncodeCorpusConfig
    from arir.index.dense import encode_corpus
    from arir.init_student.config import InitStudentConfig
    from arir.init_student.service import init_student as initialise_student
    from arir.make_late.config import MakeLateConfig
    from arir.make_late.service import make_late as make_late_interaction
    from arir.make_topics.config import MakeTopicsConfig
    from arir.make_topics.service import make_topics as make_training_topics
    from arir.mine.config import MineConfig
    from arir.mine.service import mine_negatives
    from arir.models.loading import load_encoder, load_late_encoder, load_reranker
    from arir.models.registry import find_model, list_models
    from arir.pyserini.plugin import register
    from arir.quickstart.config import QuickstartConfig
    from arir.quickstart.service import quickstart as run_quickstart
    from arir.recipes.config import ListRecipesConfig, ShowRecipeConfig
    from arir.rerank.config import RerankConfig
    from arir.rerank.service import rerank_run
    from arir.score_teacher.config import ScoreTeacherConfig
    from arir.score_teacher.service import score_teacher as score_with_teacher
    from arir.search.bm25 import search_bm25
    from arir.search.config import SearchConfig
    from arir.search.dense import search_dense
    from arir.search.late import search_late
    from arir.search.service import search_topics
    from arir.split.config import SplitCorpusConfig
    from arir.split.service import split_corpus
    from arir.train.config import (
        BitextConfig,
        ContrastConfig,
        ListsConfig,
        MarginsConfig,
        MaskedLmConfig,
        StagesConfig,
        StudentConfig,
        TrainConfig,
    )
    from arir.train.service import train as train_student
    from arir.train.stages import train_stages as train_student_in_stages

__all__ = [
    "ArirError",
    "BitextConfig",
    "CompareConfig",
    "ContrastConfig",
    "DoctorConfig",
    "EncodeCorpusConfig",
    "EvaluateConfig",
    "FuseConfig",
    "IndexConfig",
    "InitStudentConfig",
    "ListRecipesConfig",
    "ListsConfig",
    "MakeLateConfig",
    "MakeTopicsConfig",
    "MarginsConfig",
    "MaskedLmConfig",
    "MineConfig",
    "QuickstartConfig",
    "RerankConfig",
    "Run",
    "ScoreTeacherConfig",
    "SearchConfig",
    "ShowRecipeConfig",
    "SplitCorpusConfig",
    "StagesConfig",
    "StudentConfig",
    "TrainConfig",
    "__version__",
    "build_bm25",
    "compare_runs",
    "diagnose",
    "encode_corpus",
    "evaluate_runs",
    "find_model",
    "fuse_runs",
    "initialise_student",
    "list_models",
    "load_encoder",
    "load_late_encoder",
    "load_reranker",
    "make_late_interaction",
    "make_training_topics",
    "mine_negatives",
    "read_collection",
    "read_qrels",
    "read_run",
    "read_topics",
    "register",
    "rerank_run",
    "run_quickstart",
    "score_with_teacher",
    "search_bm25",
    "search_dense",
    "search_late",
    "search_topics",
    "split_corpus",
    "train_student",
    "train_student_in_stages",
    "write_run",
]

#: public name -> module, and the name there where it differs (folders have the commands' names)
_HOMES = {
    "BitextConfig": "arir.train.config",
    "CompareConfig": "arir.compare",
    "ContrastConfig": "arir.train.config",
    "DoctorConfig": "arir.doctor",
    "EncodeCorpusConfig": "arir.index.config",
    "EvaluateConfig": "arir.evaluate",
    "FuseConfig": "arir.fuse.config",
    "IndexConfig": "arir.index.bm25_config",
    "InitStudentConfig": "arir.init_student.config",
    "ListRecipesConfig": "arir.recipes.config",
    "ListsConfig": "arir.train.config",
    "MakeLateConfig": "arir.make_late.config",
    "MakeTopicsConfig": "arir.make_topics.config",
    "MarginsConfig": "arir.train.config",
    "MaskedLmConfig": "arir.train.config",
    "MineConfig": "arir.mine.config",
    "QuickstartConfig": "arir.quickstart.config",
    "RerankConfig": "arir.rerank.config",
    "Run": "arir.data.runs",
    "ScoreTeacherConfig": "arir.score_teacher.config",
    "SearchConfig": "arir.search.config",
    "ShowRecipeConfig": "arir.recipes.config",
    "SplitCorpusConfig": "arir.split.config",
    "StagesConfig": "arir.train.config",
    "StudentConfig": "arir.train.config",
    "TrainConfig": "arir.train.config",
    "build_bm25": "arir.index.bm25",
    "compare_runs": "arir.compare:compare",
    "diagnose": "arir.doctor",
    "encode_corpus": "arir.index.dense",
    "evaluate_runs": "arir.evaluate:evaluate",
    "find_model": "arir.models.registry",
    "fuse_runs": "arir.fuse.service",
    "initialise_student": "arir.init_student.service:init_student",
    "list_models": "arir.models.registry",
    "load_encoder": "arir.models.loading",
    "load_late_encoder": "arir.models.loading",
    "load_reranker": "arir.models.loading",
    "make_late_interaction": "arir.make_late.service:make_late",
    "make_training_topics": "arir.make_topics.service:make_topics",
    "mine_negatives": "arir.mine.service",
    "read_collection": "arir.data.collection",
    "read_qrels": "arir.data.qrels",
    "read_run": "arir.data.runs",
    "read_topics": "arir.data.topics",
    "register": "arir.pyserini.plugin",
    "rerank_run": "arir.rerank.service",
    "run_quickstart": "arir.quickstart.service:quickstart",
    "score_with_teacher": "arir.score_teacher.service:score_teacher",
    "search_bm25": "arir.search.bm25",
    "search_dense": "arir.search.dense",
    "search_late": "arir.search.late",
    "search_topics": "arir.search.service",
    "split_corpus": "arir.split.service",
    "train_student": "arir.train.service:train",
    "train_student_in_stages": "arir.train.stages:train_stages",
    "write_run": "arir.data.runs",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'arir' has no attribute '{name}'")
    module, _, attribute = _HOMES[name].partition(":")
    value = getattr(importlib.import_module(module), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
