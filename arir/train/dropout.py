"""Dropout of a training that differs from the student's own."""

from __future__ import annotations

import torch

__all__ = ["set_dropout"]

#: where modules without a layer for it keep the dropout of attention
NUMBERS = ("dropout_prob", "attention_dropout")


def set_dropout(student: torch.nn.Module, share: float) -> None:
    """Let every module of a student drop this share; what the student's configuration says stays.

    A short training that sees each example once or twice has little to overfit, and without dropout
    a step on a CPU takes three quarters of the time.

    >>> student = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.1))
    >>> set_dropout(student, 0.0)
    >>> student[1].p
    0.0
    """
    for module in student.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share
        for name in NUMBERS:
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, share)
