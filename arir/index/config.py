"""Settings of ``arir index`` and ``arir encode-corpus``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import argument, configuration, option
from arir.students.find import ENCODER

__all__ = ["EncodeCorpusConfig"]


@configuration
class EncodeCorpusConfig:
    """Encode a collection into an index of vectors.

    A bi-encoder makes a dense index, laid out as Pyserini's FaissSearcher expects it; a
    late-interaction model a multi-vector one, which arir search ranks by MaxSim.

    A run that was killed goes on where it stopped when the same command is given again. Several
    processes can share the work: each takes --shard I/N with the same --output, and the command
    without --shard puts the index together.
    """

    corpus: Path = argument("Collection: JSONL or TSV, gzip too, or a folder of such")
    encoder: str = option(
        "Short name, hub id or folder of a bi-encoder or late-interaction model; the default ships"
        " with arir",
        default=ENCODER,
        metavar="NAME",
    )
    output: Path = option("Folder of the index", metavar="DIR")
    with_title: bool = option("Put the title before the contents of a passage", default=False)
    device: str = option("auto, cpu, cuda or cuda:N", default="auto")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = option(
        "Number format of the encoder; auto is fp16 on CUDA, else fp32", default="auto"
    )
    batch_tokens: int | None = option(
        "Tokens in a batch, padding included; chosen for the device by default",
        default=None,
        at_least=1,
    )
    shard: str | None = option(
        "Encode only the I-th of N shares, and leave the index to be put together later",
        default=None,
        metavar="I/N",
    )
    overwrite: bool = option("Replace an index, or an unfinished one of another job", default=False)

    def __post_init__(self) -> None:
        """Check the shard.

        Raises:
            ValueError: where it is not I/N with 1 <= I <= N.
        """
        if not 1 <= self.share[0] <= self.share[1]:
            raise ValueError(f"shard must be I/N with 1 <= I <= N, such as 1/4, not {self.shard}")

    @property
    def share(self) -> tuple[int, int]:
        """The share as two numbers; (1, 1) where nothing is shared, (0, 0) where unreadable."""
        if self.shard is None:
            return 1, 1
        part, _, whole = self.shard.partition("/")
        return (int(part), int(whole)) if part.isdecimal() and whole.isdecimal() else (0, 0)
