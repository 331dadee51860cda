"""Bi-encoders: query and passage are encoded apart and meet in an inner product."""
