"""Text augmentation: pure functions of strings, seeded and reproducible for each text."""
