"""Join JavaScript modules into one script that a page can hold inline.

Browsers refuse ``import`` between files opened from disk, so each module becomes a function that is
called once, after those that it imports from. Understood are imports of names
(``import { a, b } from "./file.js";``) and ``export`` before a ``const`` or a ``function``.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["bundle"]

IMPORT = re.compile(r'^import \{\s*([\w,\s]+?),?\s*\} from "\./([\w.-]+)";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|function) (\w+))", re.MULTILINE)


def bundle(folder: Path, entry: str) -> str:
    """The script of ``entry`` and of everything that it imports.

    Raises:
        ValueError: for an import of a name that is not exported, or in a circle.
    """
    parts: dict[str, str] = {}
    _add(folder, entry, parts, ())
    body = "".join(parts.values())
    return f'(() => {{\n"use strict";\nconst modules = {{}};\n{body}}})();\n'


def _add(folder: Path, name: str, parts: dict[str, str], above: tuple[str, ...]) -> None:
    """Add a module to ``parts`` (name to wrapped text) behind the modules that it needs."""
    if name in above:
        raise ValueError(f"{' imports '.join([*above, name])}")
    text = (folder / name).read_text(encoding="utf-8")
    for names, source in IMPORT.findall(text):
        if source not in parts:
            _add(folder, source, parts, (*above, name))
        known = EXPORT.findall((folder / source).read_text(encoding="utf-8"))
        unknown = sorted(set(re.split(r",\s*", names)) - set(known))
        if unknown:
            raise ValueError(f"{name}: {source} does not export {', '.join(unknown)}")
    parts[name] = _wrapped(name, text)


def _wrapped(name: str, text: str) -> str:
    exported = ", ".join(EXPORT.findall(text))
    body = EXPORT.sub("", IMPORT.sub(r'const { \1 } = modules["\2"];', text))
    return f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();\n'
