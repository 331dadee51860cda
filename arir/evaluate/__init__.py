"""Measures, equal to trec_eval's."""
