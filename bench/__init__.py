"""Benchmarks: each module has a main() that prints ratios to peers measured in the same run."""
