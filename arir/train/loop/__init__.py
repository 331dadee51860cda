"""The training loop: one for all methods and families, over transformers' trainer."""
