"""arir."""
