"""Searching topics into runs: BM25, dense and hybrid."""
