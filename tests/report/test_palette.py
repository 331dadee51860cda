"""Colours that can be told from the paper and from each other, also by colour-blind readers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from arir.report.page import ASSETS
from arir.report.palette import DARK, DASHES, LIGHT, style_of, style_sheet

#: from sRGB, linear, to what deuteranopes and protanopes see (Viénot, Brettel and Mollon 1999)
BLIND = {
    "deuteranopia": [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    "protanopia": [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
}


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def paper(scheme: int) -> str:
    found = [line for line in (ASSETS / "base.css").read_text().splitlines() if "--paper:" in line]
    return found[scheme].split(":")[1].strip(" ;")


@pytest.mark.parametrize(("scheme", "colours"), [(0, LIGHT), (1, DARK)])
def test_lines_stand_out_from_the_paper(scheme: int, colours: tuple[str, ...]) -> None:
    for colour in colours:
        assert contrast(colour, paper(scheme)) >= 3


@pytest.mark.parametrize("kind", list(BLIND))
@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_the_first_colours_differ_for_the_colour_blind(colours: tuple[str, ...], kind: str) -> None:
    seen = [np.cbrt(np.clip(np.array(BLIND[kind]) @ linear(c), 0, 1)) for c in colours[:4]]
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(one - other) > 0.05


def test_no_two_of_twenty_systems_are_drawn_alike() -> None:
    assert len({style_of(system) for system in range(20)}) == 20
    assert len(LIGHT) == len(DARK)
    assert DASHES[0] == ()


def test_every_colour_of_the_page_has_a_dark_form() -> None:
    for system in range(len(LIGHT)):
        assert style_sheet().count(f"--system-{system}:") == 2
