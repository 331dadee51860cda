"""The group answers at once, knows every command, and turns each error into its exit code."""

from __future__ import annotations

import errno
import subprocess
import sys
import types

import click
import pytest

from arir.cli.main import COMMANDS, cli, main
from arir.errors import (
    ArirError,
    ConfigError,
    DataError,
    DependencyError,
    EvaluationError,
    IndexMismatchError,
    ModelError,
    OutputError,
)

HEAVY = "torch transformers sentence_transformers faiss pyserini jnius pandas datasets scipy.stats"


def run_failing(monkeypatch: pytest.MonkeyPatch, error: BaseException, *words: str) -> int:
    """Run a command that raises ``error`` and give the exit code."""

    def fail() -> None:
        raise error

    debug = click.Option(["--debug"], is_flag=True, expose_value=False)
    module = types.SimpleNamespace(command=click.Command("fail", callback=fail, params=[debug]))
    monkeypatch.setitem(COMMANDS, "fail", ("fail", "Fail."))
    monkeypatch.setitem(sys.modules, "arir.cli.fail", module)
    with pytest.raises(SystemExit) as stopped:
        main(["fail", *words])
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


@pytest.mark.parametrize(
    "kind",
    [
        ConfigError,
        DataError,
        ModelError,
        IndexMismatchError,
        DependencyError,
        OutputError,
        EvaluationError,
    ],
)
def test_each_error_is_one_line_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: type[ArirError]
) -> None:
    error = kind("the fault", where="a.trec:3", fix="mend it")
    assert run_failing(monkeypatch, error) == kind.exit_code
    assert capsys.readouterr().err == "arir: error: a.trec:3: the fault; mend it\n"


def test_a_defect_is_one_line_and_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_failing(monkeypatch, ZeroDivisionError("x\ny")) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "--debug" in message


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError):
        run_failing(monkeypatch, DataError("the fault"), "--debug")


def test_ctrl_c_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_failing(monkeypatch, KeyboardInterrupt()) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_full_disk_anywhere_is_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "runs/a.trec")
    assert run_failing(monkeypatch, error) == OutputError.exit_code


def test_a_read_only_disk_anywhere_is_an_output_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(errno.EROFS, "Read-only file system", "out/quickstart")
    assert run_failing(monkeypatch, error) == OutputError.exit_code
    assert capsys.readouterr().err == "arir: error: out/quickstart: the disk is read-only\n"


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["serch"])
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert message == "arir: error: no such command 'serch'; did you mean search; see arir --help\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["search", "--indx", "d"], "No such option '--indx'. Did you mean '--index'"),
        (["search", "--hits", "many"], "Invalid value for '--hits': 'many' is not a valid integer"),
    ],
)
def test_an_unreadable_command_line_is_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert capsys.readouterr().err == f"arir: error: {message}; see arir search --help\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_loads_and_has_help(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert "--debug" in capsys.readouterr().out or name in {"models", "recipes"}


def test_help_of_every_command_imports_nothing_heavy() -> None:
    calls = "; ".join(f"cli.main([{name!r}, '-h'], standalone_mode=False)" for name in COMMANDS)
    check = f"sorted(set({HEAVY.split()!r}) & set(sys.modules))"
    program = f"import sys; from arir.cli.main import cli; {calls}; sys.exit(str({check} or ''))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "\n"


def test_the_group_lists_the_commands_in_pipeline_order() -> None:
    context = click.Context(cli)
    assert cli.list_commands(context) == list(COMMANDS)
