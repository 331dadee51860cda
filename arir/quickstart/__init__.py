"""The whole chain on the embedded collection, in a few minutes."""
