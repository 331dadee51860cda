"""arir's encoders inside Pyserini: the plug-in and its command line.

``register()`` puts them into Pyserini's own tables; ``python -m arir.pyserini search.faiss ...``
runs Pyserini's modules with that done; ``rerank_hits`` reranks what Pyserini's searchers return.
"""

from arir.pyserini.hits import candidates_from_hits, rerank_hits
from arir.pyserini.plugin import register

__all__ = ["candidates_from_hits", "register", "rerank_hits"]
