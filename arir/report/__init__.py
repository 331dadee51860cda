"""The report of a comparison: one self-contained HTML page, and plots for a paper."""
