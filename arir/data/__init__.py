"""Collections, topics, qrels, runs and teacher scores: read strictly, written whole."""
