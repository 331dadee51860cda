"""Reranking a run with a cross-encoder, a bi-encoder or a late-interaction model."""
