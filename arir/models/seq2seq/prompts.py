"""Prompts of query and passage that fit a model, cut in the passage alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from string import Formatter
from typing import Any

from arir.models.truncation import cut_text

__all__ = ["check_prompt", "fit_prompts"]


def check_prompt(prompt: str, fields: Sequence[str]) -> None:
    """Refuse a prompt that does not name each of its fields, or names others.

    Raises:
        ValueError: saying which fields it should have.

    >>> check_prompt("Query: {query}", ["query", "passage"])
    Traceback (most recent call last):
    ValueError: prompt 'Query: {query}' must hold {query} and {passage} and no other braces
    """
    try:
        found = {name for _, name, _, _ in Formatter().parse(prompt) if name is not None}
    except ValueError:
        found = set()
    if found != set(fields):
        wanted = " and ".join(f"{{{name}}}" for name in fields)
        raise ValueError(f"prompt {prompt!r} must hold {wanted} and no other braces")


def fit_prompts(
    tokenizer: Any, fill: Callable[[int, str], str], passages: Sequence[str], limit: int
) -> tuple[list[str], int]:
    """Fill prompts with passages, cut where a prompt would have more than ``limit`` tokens.

    What stands behind the passage (``Relevant:``) so always stays.

    Args:
        fill: makes the n-th prompt with a passage in it.
        passages: one a prompt.

    Returns:
        The prompts, and how many passages were cut.
    """
    prompts = [fill(place, passage) for place, passage in enumerate(passages)]
    lengths = [len(ids) for ids in tokenizer(prompts)["input_ids"]] if prompts else []
    long = [place for place, length in enumerate(lengths) if length > limit]
    for place in long:
        prompts[place] = _fitted(tokenizer, partial(fill, place), passages[place], limit)
    return prompts, len(long)


def _fitted(tokenizer: Any, fill: Callable[[str], str], passage: str, limit: int) -> str:
    """The prompt with the longest beginning of the passage that fits."""
    room = limit - _length(tokenizer, fill(""))
    prompt = fill(passage)
    while room > 0:
        prompt = fill(cut_text(tokenizer, passage, room))
        over = _length(tokenizer, prompt) - limit
        if over <= 0:
            return prompt
        # Tokens at the seam may differ from those of the passage alone.
        room -= over
    return fill("")


def _length(tokenizer: Any, text: str) -> int:
    return len(tokenizer(text)["input_ids"])
