"""Scoring pairs of query and passage with a teacher, into a store that trainings read by id."""
