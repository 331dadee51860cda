"""Normalisation profiles: pure text-to-text functions that travel with models and indexes."""
