"""The embedded Arabic-English collection."""
