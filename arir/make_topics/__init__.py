"""``arir make-topics``: training queries out of a collection that has no judgments."""

from arir.make_topics.config import MakeTopicsConfig
from arir.make_topics.service import MakeTopicsReport, make_topics

__all__ = ["MakeTopicsConfig", "MakeTopicsReport", "make_topics"]
