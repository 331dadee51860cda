"""Normalisation profiles: pure functions from text to text that travel with a model and an index."""
