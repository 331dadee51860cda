"""Reranking a run with a cross-encoder or a bi-encoder."""
