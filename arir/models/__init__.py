"""The registry of models, and one folder for each family with the same role names in each."""
