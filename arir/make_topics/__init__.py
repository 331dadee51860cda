"""``arir make-topics``: training queries out of a collection that has no judgments."""
