from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.errors import ConfigError, ModelError
from arir.init_student.layers import evenly_spaced, keep_layers


@given(st.integers(1, 48), st.data())
def test_layers_ascend_from_the_first_to_the_last(layers: int, data: st.DataObject) -> None:
    kept = data.draw(st.integers(1, layers))
    chosen = evenly_spaced(layers, kept)
    assert len(chosen) == kept
    assert chosen == sorted(set(chosen))
    assert chosen[0] == 0
    assert kept == 1 or chosen[-1] == layers - 1
    gaps = {right - left for left, right in pairwise(chosen)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("kept", [0, 5])
def test_layers_that_are_not_there_cannot_be_kept(kept: int) -> None:
    with pytest.raises(ValueError, match=f"cannot keep {kept} of 4"):
        evenly_spaced(4, kept)


def _bert(layers: int) -> Any:
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=8,
    )
    return BertModel(config, add_pooling_layer=False)


def test_kept_layers_are_the_bodys_own_in_their_order() -> None:
    body = _bert(5)
    layers = list(body.encoder.layer)
    assert keep_layers(body, 3) == [0, 2, 4]
    assert list(body.encoder.layer) == [layers[0], layers[2], layers[4]]
    assert body.config.num_hidden_layers == 3


def test_more_layers_than_the_body_has_are_refused() -> None:
    with pytest.raises(ConfigError, match="2 layers, so that 3 cannot be kept"):
        keep_layers(_bert(2), 3)


def test_body_whose_layers_are_of_several_kinds_is_left_alone() -> None:
    body = _bert(2)
    body.config.layer_types = ["full_attention", "sliding_attention"]
    with pytest.raises(ModelError, match="layers of BertModel cannot be left out"):
        keep_layers(body, 1)
