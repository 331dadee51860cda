"""Late interaction: a vector a token on both sides, which meet in MaxSim (ColBERT)."""
