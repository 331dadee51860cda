"""Modules joined into one script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arir.report.bundle import bundle
from arir.report.page import ASSETS

Write = Callable[[str, str], Path]


def test_a_module_runs_once_and_before_those_that_import_it(write: Write) -> None:
    write("a.js", 'import { x } from "./b.js";\nimport { y } from "./c.js";\n')
    write("b.js", 'import { y } from "./c.js";\nexport const x = y;\n')
    folder = write("c.js", "export function y() {}\n").parent
    text = bundle(folder, "a.js")
    assert [text.count(f'modules["{name}"] =') for name in ("a.js", "b.js", "c.js")] == [1, 1, 1]
    assert text.index('modules["c.js"] =') < text.index('modules["b.js"] =')
    assert text.index('modules["b.js"] =') < text.index('modules["a.js"] =')
    assert "return { y };" in text
    assert 'const { x } = modules["b.js"];' in text


def test_an_unknown_import_is_named(write: Write) -> None:
    write("a.js", 'import { x, z } from "./b.js";\n')
    folder = write("b.js", "export const x = 1;\n").parent
    with pytest.raises(ValueError, match=r"a\.js: b\.js does not export z"):
        bundle(folder, "a.js")


def test_a_circle_of_imports_is_named(write: Write) -> None:
    write("a.js", 'import { y } from "./b.js";\nexport const x = 1;\n')
    folder = write("b.js", 'import { x } from "./a.js";\nexport const y = 1;\n').parent
    with pytest.raises(ValueError, match=r"a\.js imports b\.js imports a\.js"):
        bundle(folder, "a.js")


def test_the_page_leaves_no_module_syntax_and_no_module_out() -> None:
    text = bundle(ASSETS, "main.js")
    lines = text.splitlines()
    assert not [line for line in lines if line.startswith(("import ", "export "))]
    for asset in ASSETS.glob("*.js"):
        assert f'modules["{asset.name}"] =' in text
