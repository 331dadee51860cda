"""Settings of ``arir score-teacher``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from arir.config import configuration, option
from arir.data.score_store import PART_PAIRS

__all__ = ["SEQ2SEQ_KINDS", "ScoreTeacherConfig"]

SEQ2SEQ_KINDS = ("monot5", "query-generator")
#: settings that only some kinds of teachers read
READERS = {
    "prompt": SEQ2SEQ_KINDS,
    "max_length": SEQ2SEQ_KINDS,
    "true_word": ("monot5",),
    "false_word": ("monot5",),
    "true_score": ("monot5",),
    "likelihood": ("query-generator",),
}


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str | Path) else value


Files = Annotated[tuple[Path, ...], BeforeValidator(_listed)]


@configuration
class ScoreTeacherConfig:
    """Score pairs of query and passage with a teacher, into a store keyed by their ids.

    Which pairs are scored is said by a run of any first stage (--run), by the relevant passages of
    --qrels, by the rows of a published teacher file (--teacher-rows), or by several of them
    together. Topics and collection are in the language that the teacher reads; a student reads any
    translation with the same ids. Finished parts lie in OUTPUT.partial: after a kill, the same
    command goes on behind the last one.
    """

    teacher: str = option("Short name, hub id or folder of the teacher", metavar="NAME")
    topics: Files = option(
        "TSV of id and query, in the language for the teacher; may be given several times",
        metavar="FILE",
    )
    corpus: Path = option("Collection, in the language for the teacher")
    output: Path = option("Folder of the scores", metavar="DIR")
    run: Files = option(
        "Score the first hits of this run; may be given several times", default=(), metavar="RUN"
    )
    depth: int = option("Hits of each run a query", default=50, at_least=1)
    qrels: Path | None = option(
        "Score what these judge relevant, before the hits", default=None, metavar="FILE"
    )
    teacher_rows: Path | None = option(
        "Score the pairs of a file of positive and negative score, query, positive and negative id",
        default=None,
        metavar="FILE",
    )
    teacher_kind: Literal["auto", "monot5", "query-generator"] = option(
        "What to ask of a sequence-to-sequence model; other families show by themselves",
        default="auto",
    )
    prompt: str | None = option(
        "What such a model reads; 'Query: {query} Document: {passage} Relevant:' or '{passage}'",
        default=None,
    )
    true_word: str | None = option(
        "monot5's answer for a relevant passage; true (yes for mT5 rankers)", default=None
    )
    false_word: str | None = option("monot5's other answer; false (no for mT5)", default=None)
    true_score: Literal["log-probability", "log-odds"] | None = option(
        "monot5's score: log P(true), or the difference of the two logits; log-probability",
        default=None,
    )
    likelihood: Literal["sum", "mean"] | None = option(
        "query-generator's score: of its tokens' log-likelihoods; sum", default=None
    )
    max_length: int | None = option(
        "Longest input of a sequence-to-sequence model, tokens; 512",
        default=None,
        at_least=8,
    )
    query_language: str | None = option("Language of the topics, to be recorded", default=None)
    passage_language: str | None = option("Language of the corpus, to be recorded", default=None)
    licence: str | None = option("Licence of the teacher, to be recorded", default=None)
    with_title: bool = option("Put the title before the contents of a passage", default=False)
    part_pairs: int = option("Pairs after which work is safe", default=PART_PAIRS, at_least=1)
    device: str = option("auto, cpu, cuda or cuda:N", default="auto")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = option(
        "Number format; auto is fp16 on CUDA (bf16 for a sequence-to-sequence model), else fp32",
        default="auto",
    )
    batch_tokens: int | None = option(
        "Tokens in a batch, padding included; chosen for the device by default",
        default=None,
        at_least=1,
    )
    overwrite: bool = option(
        "Replace the output folder, and unfinished work of other settings", default=False
    )

    def __post_init__(self) -> None:
        """Check what fields say together.

        Raises:
            ValueError: naming every contradiction.
        """
        faults = []
        if not self.topics:
            faults.append("topics names no file")
        if not (self.run or self.qrels or self.teacher_rows):
            faults.append("nothing says which pairs to score: give run, qrels or teacher-rows")
        for name, kinds in READERS.items():
            if getattr(self, name) is not None and self.teacher_kind not in kinds:
                wanted = " or ".join(kinds)
                faults.append(f"{name.replace('_', '-')} is for --teacher-kind {wanted} only")
        if self.prompt is not None and self.teacher_kind in SEQ2SEQ_KINDS:
            faults += _prompt_faults(self.prompt, self.teacher_kind)
        if self.true_word is not None and self.true_word == self.false_word:
            faults.append("true-word and false-word are the same")
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def inputs(self) -> dict[str, Path]:
        """The files that decide over the scores, by role."""
        files: dict[str, Path] = {"corpus": self.corpus}
        for role, several in (("topics", self.topics), ("run", self.run)):
            named = len(several) > 1
            files |= {f"{role} {n}" if named else role: f for n, f in enumerate(several, 1)}
        for role, file in (("qrels", self.qrels), ("teacher_rows", self.teacher_rows)):
            if file is not None:
                files[role] = file
        return files


def _prompt_faults(prompt: str, kind: str) -> list[str]:
    from arir.models.seq2seq.prompts import check_prompt

    try:
        check_prompt(prompt, ["query", "passage"] if kind == "monot5" else ["passage"])
    except ValueError as error:
        return [str(error)]
    return []
