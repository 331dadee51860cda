"""``arir make-late``: a bi-encoder, read token by token."""
