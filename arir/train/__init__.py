"""Training students: from triples and cached teacher scores to a saved model."""
