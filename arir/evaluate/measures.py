"""Measures as values, written as in ir-measures: ``nDCG@10``, ``AP(rel=2)@100``, ``RBP(p=0.5)``.

>>> parse_measure("MAP(rel=2)@100")
Measure('AP(rel=2)@100')
>>> parse_measure("nDCG@10") == parse_measure("NDCG(cutoff=10)")
True
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arir.errors import ConfigError, nearest
from arir.evaluate.catalogue import ALIASES, CATALOGUE, Definition, Parameter
from arir.evaluate.judged import Floats, JudgedHits

__all__ = ["Measure", "parse_measure", "parse_measures", "reading_notes"]

SHAPE = re.compile(r"(?P<name>[A-Za-z_]\w*)(\((?P<arguments>.*)\))?(@(?P<at>[^\s@]+))?")
#: how trec_eval and its wrappers write a measure with a cut-off: ndcg_cut_10, P.5, recall_100
TREC_EVAL = re.compile(r"(?P<name>[A-Za-z_]+?)(_cut)?([._](?P<at>\d+(\.\d+)?))?")


@dataclass(frozen=True)
class Measure:
    """A measure with its parameters; its text is its identity and can be parsed again.

    Attributes:
        name: the name in :data:`~arir.evaluate.catalogue.CATALOGUE`.
        given: the parameters that differ from their defaults, in the order of the catalogue.
    """

    name: str
    given: tuple[tuple[str, Any], ...] = ()

    @property
    def definition(self) -> Definition:
        """The catalogue's entry."""
        return CATALOGUE[self.name]

    @property
    def parameters(self) -> dict[str, Any]:
        """Every parameter with its value, defaults too."""
        defaults = {key: known.default for key, known in self.definition.parameters.items()}
        return defaults | dict(self.given)

    def __str__(self) -> str:
        at = self.definition.at
        inner = ",".join(f"{key}={_written(value)}" for key, value in self.given if key != at)
        behind = f"@{dict(self.given)[at]}" if at in dict(self.given) else ""
        return f"{self.name}{f'({inner})' if inner else ''}{behind}"

    def __repr__(self) -> str:
        return f"Measure({str(self)!r})"

    def __call__(self, hits: JudgedHits) -> Floats:
        """The value of every topic, shape (T,)."""
        parameters = self.parameters
        if parameters.pop("judged_only", False):
            hits = hits.condensed()
        return self.definition.kernel(hits, **parameters)

    def aggregate(self, values: Floats) -> float:
        """One number for all topics: their mean, or the sum where the measure is a count."""
        return float(values.sum() if self.definition.aggregate == "sum" else values.mean())


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return "{" + ",".join(f"{grade}:{gain}" for grade, gain in value) + "}"
    return repr(value)


def reading_notes(measures: Iterable[Measure]) -> list[str]:
    """What the names of measures do not say, and tools understand differently.

    >>> reading_notes([parse_measure("RR@10")])
    []
    """
    if any(m.name == "RR" and m.parameters["cutoff"] is None for m in measures):
        return ["RR has no cut-off (trec_eval's recip_rank); RR@k looks at the first k hits alone"]
    return []


def parse_measures(texts: Iterable[str]) -> tuple[Measure, ...]:
    """Parse several measures, leaving out repetitions.

    Raises:
        ConfigError: naming everything that is wrong with any of them.
    """
    measures: dict[Measure, None] = {}
    problems = []
    for text in texts:
        try:
            measures[parse_measure(text)] = None
        except ConfigError as error:
            problems.append(str(error))
    if problems:
        raise ConfigError("; ".join(problems))
    return tuple(measures)


def parse_measure(text: str) -> Measure:
    """Parse ``Name(key=value, ...)@cutoff``.

    Raises:
        ConfigError: where the text has another shape, or the name or a parameter is unknown, with
            the nearest known names.
    """
    shape = SHAPE.fullmatch(text.strip())
    if shape is None:
        fix = _foreign(text) or "write Name(key=value)@cutoff"
        raise ConfigError(f"measure '{text}' cannot be read", fix=fix)
    name = ALIASES.get(shape["name"], shape["name"])
    if name not in CATALOGUE:
        raise ConfigError(f"unknown measure '{text}' ({_suggestion(text, shape['name'])})")
    values = _arguments(shape["arguments"] or "", text)
    if shape["at"] is not None:
        at = CATALOGUE[name].at
        if at is None:
            raise ConfigError(f"measure '{text}': {name} takes no value behind @")
        values[at] = _literal(shape["at"], text)
    return Measure(name, _checked(values, CATALOGUE[name], text))


def _arguments(text: str, measure: str) -> dict[str, Any]:
    try:
        call = ast.parse(f"f({text})", mode="eval").body
    except SyntaxError:
        raise ConfigError(f"measure '{measure}': cannot read the brackets") from None
    if not isinstance(call, ast.Call) or call.args or not all(k.arg for k in call.keywords):
        raise ConfigError(f"measure '{measure}': the brackets hold key=value pairs")
    return {str(k.arg): _literal(ast.unparse(k.value), measure) for k in call.keywords}


def _literal(text: str, measure: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise ConfigError(f"measure '{measure}': '{text}' is not a value") from None


def _checked(values: dict[str, Any], known: Definition, text: str) -> tuple[tuple[str, Any], ...]:
    for key in values:
        if key not in known.parameters:
            raise ConfigError(f"measure '{text}': no parameter '{key}'", fix=_known(known, key))
    given = []
    for key, parameter in known.parameters.items():
        if key in values:
            value = _value(values[key], parameter, f"measure '{text}': {key}")
            if value != parameter.default:
                given.append((key, value))
        elif parameter.required:
            example = f"{text}@{0.5 if parameter.kind is float else 10}"
            raise ConfigError(f"measure '{text}' needs @{key}", fix=f"for example {example}")
    return tuple(given)


def _known(known: Definition, key: str) -> str:
    return nearest(key, known.parameters) if known.parameters else "it has none"


def _value(value: Any, parameter: Parameter, where: str) -> Any:
    kind: Any = parameter.kind
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ConfigError(f"{where} must be {kind.__name__}, not {value!r}")
    if kind is dict:
        return _gains(value, where)
    _check_range(value, parameter, where)
    return value


def _check_range(value: Any, parameter: Parameter, where: str) -> None:
    if parameter.choices and value not in parameter.choices:
        raise ConfigError(f"{where} must be one of {', '.join(parameter.choices)}, not {value!r}")
    if parameter.least is not None and value < parameter.least:
        raise ConfigError(f"{where} must be at least {parameter.least:g}, not {value}")
    if parameter.most is not None and value > parameter.most:
        raise ConfigError(f"{where} must be at most {parameter.most:g}, not {value}")


def _gains(value: dict[Any, Any], where: str) -> tuple[tuple[int, int], ...]:
    if not all(type(number) is int for pair in value.items() for number in pair):
        raise ConfigError(f"{where} must map whole numbers to whole numbers, not {value!r}")
    return tuple(sorted((grade, gain) for grade, gain in value.items() if grade != gain))


def _suggestion(text: str, name: str) -> str:
    """The nearest name, whatever the case; a name of trec_eval gives ours."""
    words = {known.lower(): known for known in [*ALIASES, *CATALOGUE]}
    if name.lower() in words:
        return f"did you mean {text.replace(name, words[name.lower()], 1)}?"
    return _foreign(text) or nearest(name, [*CATALOGUE, *ALIASES])


def _foreign(text: str) -> str | None:
    """Our name for one of trec_eval's, as a question."""
    foreign = TREC_EVAL.fullmatch(text.strip())
    for ours, definition in CATALOGUE.items():
        theirs = (definition.trec_eval or "").removesuffix("_{}").removesuffix("_cut")
        if foreign and foreign["name"].lower() == theirs.lower():
            return f"did you mean {ours}{'@' + foreign['at'] if foreign['at'] else ''}?"
    return None
