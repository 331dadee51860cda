"""``arir split-corpus``: documents become overlapping passages."""
