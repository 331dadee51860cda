"""Losses and scores of the distillation methods: pure functions of tensors, one loss a file."""
