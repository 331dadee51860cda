"""Settings of ``method: stages``: several trainings, each of which starts from the one before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from arir.config import configuration, field_names, from_mapping, option
from arir.errors import ConfigError, nearest
from arir.models.half import Weights
from arir.train.config.bitext import BitextConfig
from arir.train.config.common import SHAPE, StudentConfig
from arir.train.config.contrast import ContrastConfig
from arir.train.config.lists import ListsConfig
from arir.train.config.margins import MarginsConfig
from arir.train.config.masked_lm import MaskedLmConfig
from arir.train.config.ranking import RankingConfig

__all__ = ["COMMON", "STAGE_METHODS", "StagesConfig"]

Settings = TypeVar("Settings")

#: how a single stage can train
STAGE_METHODS: dict[str, type[StudentConfig]] = {
    "margins": MarginsConfig,
    "lists": ListsConfig,
    "contrast": ContrastConfig,
    "bitext": BitextConfig,
    "masked-lm": MaskedLmConfig,
}
#: settings of the whole, which no stage has of its own
WHOLE = ("output", "seed", "device", "weights", "overwrite")
#: settings that stages share where they are given beside ``stages``
COMMON = {
    key: info
    for key, info in RankingConfig.__pydantic_fields__.items()  # type: ignore[attr-defined]  # pydantic's
    if key not in WHOLE
}
#: of the common settings, those that shape the student that the first stage starts from
FIRST_ONLY = ("student", *SHAPE)
NAME = re.compile(r"[A-Za-z][\w-]*")


def _with_common(cls: type[Settings]) -> type[Settings]:
    """Declare the common settings in a class, each of which may be left out."""
    types = {key: _or_none(info) for key, info in COMMON.items()}
    cls.__annotations__ = {**types, **cls.__annotations__}
    for key, info in COMMON.items():
        extra = info.json_schema_extra or {}
        metavar = extra.get("metavar") if isinstance(extra, dict) else None
        text = info.description or ""
        setattr(cls, key, option(text, default=None, metavar=str(metavar) if metavar else None))
    return cls


def _or_none(info: FieldInfo) -> Any:
    """The type of a field that may be left out, with its limits."""
    kind: Any = info.annotation
    return Annotated[(kind | None, *info.metadata)] if info.metadata else kind | None


@configuration
@_with_common
class StagesConfig:
    """Train in stages (Huang, Yu and Allan): each starts from the student of the stage before.

    A stage has the settings of its own --method and a name. What is given beside the stages holds
    for each that has such a setting and does not give it itself; flags hold for all, and --set
    NAME.KEY=VALUE for one. The last stage's student is the output; a stage that has ended is not
    trained again after a kill.
    """

    method: Literal["stages"] = option("How to train", default="stages")
    output: Path = option("Folder of the last stage's student", metavar="DIR")
    seed: int = option("Seed of every random choice", default=42, at_least=0)
    device: Literal["auto", "cpu", "cuda", "mps"] = option(
        "Where to train; auto takes a GPU when there is one", default="auto"
    )
    weights: Weights = option(
        "How the last student's weights are stored; fp16 halves the folder", default="fp32"
    )
    overwrite: bool = option("Replace the output folder", default=False)
    keep_stages: bool = option("Leave the earlier stages' students in OUTPUT.stages", default=False)
    # The last field, so that what it is checked against has been read.
    stages: tuple[dict[str, Any], ...] = option(
        "Settings of the stages, in their order", metavar="NAME.KEY=VALUE"
    )

    @field_validator("stages")
    @classmethod
    def _check(
        cls, stages: tuple[dict[str, Any], ...], info: ValidationInfo
    ) -> tuple[dict[str, Any], ...]:
        # Also where the output is still missing, so that all faults are named together.
        faults = _fault_of_names(stages)
        if not faults:
            whole = {"output": Path("student"), **info.data}
            faults = [fault for _, fault in _made(stages, whole) if isinstance(fault, str)]
        if faults:
            raise ValueError("; ".join(faults))
        return stages

    @property
    def folder(self) -> Path:
        """Where the stages' students lie while later stages train."""
        return stages_folder(self.output)

    @property
    def trainings(self) -> dict[str, StudentConfig]:
        """The settings of each stage by its name, in order; each writes into :attr:`folder`."""
        values = {key: getattr(self, key) for key in field_names(type(self))}
        return {
            name: made for name, made in _made(self.stages, values) if not isinstance(made, str)
        }


def stages_folder(output: Path) -> Path:
    """``OUTPUT.stages``."""
    return output.with_name(f"{output.name}.stages")


def _fault_of_names(stages: tuple[dict[str, Any], ...]) -> list[str]:
    """What is wrong with the stages' names; without names nothing else can be said of them."""
    if not stages:
        return ["stages names no stage"]
    faults = []
    names = [str(stage.get("name", "")) for stage in stages]
    for number, name in enumerate(names, 1):
        if not NAME.fullmatch(name):
            given = f"no name but '{name}'" if name else "no name"
            faults.append(f"stage {number} has {given}: give a word of letters, digits, - and _")
        elif name in names[: number - 1]:
            faults.append(f"two stages are called {name}")
    return faults


def _made(
    stages: tuple[dict[str, Any], ...], whole: Mapping[str, Any]
) -> list[tuple[str, StudentConfig | str]]:
    """Each stage's name with its settings, or with what is wrong with them."""
    made: list[tuple[str, StudentConfig | str]] = []
    before: Path | None = None
    for stage in stages:
        own = {str(key).replace("-", "_"): value for key, value in stage.items()}
        name = str(own.pop("name"))
        before_this, before = before, stages_folder(Path(whole["output"])) / name
        made.append((name, _stage(name, own, whole, before_this, before)))
    return made


def _stage(
    name: str,
    own: dict[str, Any],
    whole: Mapping[str, Any],
    before: Path | None,
    output: Path,
) -> StudentConfig | str:
    method = str(own.get("method"))
    if method not in STAGE_METHODS:
        what = "no method" if "method" not in own else f"unknown method '{method}'"
        return f"stage {name}: {what} ({nearest(method, STAGE_METHODS)})"
    cls = STAGE_METHODS[method]
    faults = [f"{key} belongs beside the stages, not into one" for key in WHOLE if key in own]
    if before is not None and "student" in own:
        faults.append("it starts from the stage before: give no student")
    values = {**_inherited(cls, whole, first=before is None), **own, "output": output}
    if before is not None:
        values["student"] = str(before)
    values |= {key: whole[key] for key in ("seed", "device") if key in whole}
    try:
        config = from_mapping(cls, {k: v for k, v in values.items() if k != "overwrite"})
    except ConfigError as error:
        faults.append(error.what)
        return f"stage {name}: {'; '.join(faults)}"
    return f"stage {name}: {'; '.join(faults)}" if faults else config


def _inherited(cls: type[StudentConfig], whole: Mapping[str, Any], first: bool) -> dict[str, Any]:
    """The common settings that a stage of this method has."""
    known = [key for key in field_names(cls) if key in COMMON]
    given = {key: whole[key] for key in known if whole.get(key) is not None}
    return {key: value for key, value in given.items() if first or key not in FIRST_ONLY}
