"""The ``arir`` group: commands are imported when they are called, so that help answers at once."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence

import click

from arir.errors import ArirError, OutputError
from arir.version import __version__

__all__ = ["COMMANDS", "cli", "main"]

#: what only writing can run into, wherever it happens
UNWRITABLE = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
    errno.EROFS: "the disk is read-only",
}

#: name -> (module in arir.cli, help line), in the order of the pipeline
COMMANDS: dict[str, tuple[str, str]] = {
    "quickstart": ("quickstart", "See the whole chain at work on the embedded Arabic collection."),
    "doctor": ("doctor", "Say what this machine has, and what to do about what is missing."),
    "models": ("models", "List and describe the models that have a short name."),
    "score-teacher": ("score_teacher", "Score pairs with a teacher, resumably, into a store."),
    "make-topics": ("make_topics", "Make training queries of a collection without judgments."),
    "mine": ("mine", "Mine hard negatives from runs, with a guard against false negatives."),
    "init-student": (
        "init_student",
        "Start a student from a teacher's body with a vocabulary of another language.",
    ),
    "recipes": ("recipes", "List and show the recipes of published methods for arir train."),
    "train": ("train", "Distil a student from an English teacher, or train its NoKD twin."),
    "make-late": ("make_late", "Turn a bi-encoder into late interaction, without training."),
    "split-corpus": ("split_corpus", "Split long documents into overlapping passages."),
    "index": ("index", "Build a BM25 index (Lucene, Arabic analyser by default)."),
    "encode-corpus": ("encode_corpus", "Encode a collection into a dense index."),
    "search": ("search", "Search topics into a TREC run: BM25, dense or hybrid."),
    "rerank": ("rerank", "Rerank a run with a cross-encoder or a bi-encoder."),
    "fuse": ("fuse", "Fuse runs into one."),
    "evaluate": ("evaluate", "Measure runs against qrels, exactly as trec_eval does."),
    "compare": ("compare", "Compare runs under significance tests."),
}


class PipelineGroup(click.Group):
    """A group that lists its commands in pipeline order and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The command names, in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of one command and give the command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"arir.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, naming the nearest one when there is none of that name."""
        from arir.errors import nearest

        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"no such command '{name}'; {nearest(name, COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=PipelineGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="arir")
def cli() -> None:
    """Distil English ranking knowledge into Arabic and other languages, and prove the result.

    Every command also takes its settings from a YAML file (--config) and is a Python function:
    see "arir COMMAND --help".
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; errors become one line and a documented exit code."""
    # On shared cores, OpenMP threads that wait by spinning take the time that the others wait for:
    # a small training was measured more than ten times slower. Read when torch or FAISS is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        status = cli.main(words, prog_name="arir", standalone_mode=False)
    except Exception as error:
        if debug and not isinstance(error, click.ClickException):
            raise
        status = _explain(error)
    except KeyboardInterrupt:
        status = _say("interrupted; nothing was written under a final name", 130)
    sys.exit(status if isinstance(status, int) else 0)


def _explain(error: Exception) -> int:
    if isinstance(error, click.exceptions.Abort):
        return _say("interrupted; nothing was written under a final name", 130)
    if isinstance(error, click.ClickException):
        return _show_click(error)
    if isinstance(error, BrokenPipeError):
        # The reader (head, less) left; point standard output elsewhere so that exit stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, ArirError):
        return _say(f"error: {error}", error.exit_code)
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        what = UNWRITABLE[error.errno]
        return _say(f"error: {error.filename or 'output'}: {what}", OutputError.exit_code)
    return _say(
        f"internal error: {type(error).__name__}: {error}; run again with --debug and report it", 1
    )


def _show_click(error: click.ClickException) -> int:
    """One line for a command line that cannot be read; the whole help where there was none."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "arir"
    message = error.format_message().rstrip(".?")
    return _say(f"error: {message}; see {path} --help", error.exit_code)


def _say(message: str, status: int) -> int:
    click.echo(" ".join(f"arir: {message}".split()), err=True)
    return status
