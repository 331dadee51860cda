"""Cross-encoders: query and passage are read together and become one score."""
