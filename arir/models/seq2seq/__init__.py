"""Sequence-to-sequence teachers: rankers of MonoT5's kind, and query generators."""
