"""Which tokens each layer reads, checked token by token, and how one token reads many."""

import pytest
import torch
from helpers import tiny_model

from onelayer.agents.attention import (
    UNREAD,
    Runs,
    attending,
    check_kind,
)
from onelayer.agents.cache import RaggedCache
from onelayer.agents.one_token_attention import by_fused, by_products

IMPLEMENTATIONS = ["sdpa", "eager"]


def reading(model, ids, **where):
    """Return for each layer, row and new token the columns that it reads."""
    masks = []
    hooks = [
        layer.register_forward_pre_hook(
            lambda _, args, keywords: masks.append(keywords["attention_mask"]), with_kwargs=True
        )
        for layer in model.model.layers
    ]
    cache = None
    if columns := where.get("columns"):
        cache = RaggedCache(len(model.model.layers), len(ids), columns + 1)
        rows = slice(0, len(ids))
        cache.place(torch.arange(len(ids)), where["position_BQ"], rows, columns)
    with torch.no_grad(), attending(model, **where) as inputs:
        model(input_ids=ids, past_key_values=cache, use_cache=cache is not None, **inputs)
    for hook in hooks:
        hook.remove()
    return [
        [[token.nonzero()[:, 0].tolist() for token in row[0] == 0] for row in mask]
        for mask in masks
    ]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_token_reads_its_own_row_up_to_itself(implementation):
    model = tiny_model("llama", layers=1, attn_implementation=implementation)
    # Two rows of 2 and 0 cached tokens read two more each.
    positions = torch.tensor([[2, 3], [0, 1]])
    [read] = reading(model, torch.tensor([[5, 6], [7, 8]]), position_BQ=positions, columns=4)
    assert read == [[[0, 1, 2], [0, 1, 2, 3]], [[0], [0, 1]]]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_window_that_only_the_config_names_holds_in_each_row(implementation):
    model = tiny_model("mistral", layers=1, sliding_window=3, attn_implementation=implementation)
    # A window of 3 is the token itself and the two before it, at whatever position the row is.
    positions = torch.tensor([[5], [1]])
    [read] = reading(model, torch.tensor([[5], [6]]), position_BQ=positions, columns=6)
    assert read == [[[3, 4, 5]], [[0, 1]]]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_each_kind_of_layer_has_its_own_mask(implementation):
    model = tiny_model(
        "qwen2",
        layers=3,
        use_sliding_window=True,
        sliding_window=2,
        max_window_layers=1,
        attn_implementation=implementation,
    )
    positions = torch.tensor([[3], [2]])
    read = reading(model, torch.tensor([[5], [6]]), position_BQ=positions, columns=4)
    assert read[0] == [[[0, 1, 2, 3]], [[0, 1, 2]]]
    assert read[1] == read[2] == [[[2, 3]], [[1, 2]]]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_runs_read_their_own_texts_by_position_and_not_by_column(implementation):
    model = tiny_model("mistral", layers=2, sliding_window=3, attn_implementation=implementation)
    # One row of 3 + 2 + 1 tokens: a text of 5 (columns 0 to 4) and one of 4 (columns 0, 1, 2, 5).
    runs = [
        Runs(
            query_RQ=torch.tensor([[0, 1, 2, 3, 4]]),
            key_RK=torch.tensor([[0, 1, 2, 3, 4]]),
            position_RQ=torch.tensor([[0, 1, 2, 3, 4]]),
            key_position_RK=torch.tensor([[0, 1, 2, 3, 4]]),
            real_X=torch.arange(5),
        ),
        Runs(
            query_RQ=torch.tensor([[5]]),
            key_RK=torch.tensor([[0, 1, 2, 5, 0]]),
            position_RQ=torch.tensor([[3]]),
            key_position_RK=torch.tensor([[0, 1, 2, 3, UNREAD]]),
            real_X=torch.arange(1),
        ),
    ]
    texts = torch.tensor([[7, 8, 9, 10, 11], [7, 8, 9, 12, 0]])
    positions = torch.tensor([[0, 1, 2, 3, 4, 3]])
    with torch.no_grad():
        plain = model(input_ids=texts, use_cache=False).logits
        with attending(model, positions, runs=runs) as where:
            ids = torch.tensor([[7, 8, 9, 10, 11, 12]])
            together = model(input_ids=ids, use_cache=False, **where).logits[0]
    torch.testing.assert_close(together[:5], plain[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(together[5], plain[1, 3], atol=1e-5, rtol=0)


def test_a_model_has_its_own_attention_again_afterwards():
    model = tiny_model("llama", layers=1)
    with pytest.raises(RuntimeError, match="inside"), attending(model, torch.zeros(1, 1).long()):
        raise RuntimeError("inside")
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("attend", [by_products, by_fused])
def test_grouped_attention_by_hand(attend):
    # Two query heads share one key head of width 1; the third column is masked.
    query = torch.tensor([0.0, 1.0]).reshape(1, 2, 1, 1)
    key = torch.tensor([0.0, torch.log(torch.tensor(3.0)), 9.0]).reshape(1, 1, 3, 1)
    value = torch.tensor([4.0, 8.0, 100.0]).reshape(1, 1, 3, 1)
    mask = torch.tensor([0.0, 0.0, torch.finfo(torch.float32).min]).reshape(1, 1, 1, 3)
    # Scores 0, 0 -> shares 1/2, 1/2; scores 0, ln 3 -> shares 1/4, 3/4.
    out = attend(query, key, value, mask, scaling=1.0)
    torch.testing.assert_close(out, torch.tensor([6.0, 7.0]).reshape(1, 1, 2, 1))


@pytest.mark.parametrize("attend", [by_products, by_fused])
@pytest.mark.parametrize("heads", [(4, 4), (4, 2), (6, 1)])
def test_grouped_attention_is_scaled_dot_product_attention(heads, attend):
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(3, heads[0], 1, 8, generator=generator)
    stored = torch.randn(2, 5, heads[1], 20, 8, generator=generator)
    key, value = stored[:, :3, :, :13]  # views of a larger cache, as when playing
    mask = torch.where(torch.rand(3, 1, 1, 13, generator=generator) < 0.7, 0.0, -1e30)
    mask[..., 0] = 0
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, enable_gqa=True
    )
    out = attend(query, key, value, mask)
    torch.testing.assert_close(out, expected.transpose(1, 2), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("architecture", "config", "found"),
    [
        ("mamba", {"state_size": 4}, "linear_attention"),
        ("bloom", {"n_layer": 2, "n_head": 4}, "ALiBi"),
        ("falcon", {"alibi": True}, "ALiBi"),
        ("gpt_neo", {"num_heads": 4, "attention_types": [[["global", "local"], 1]]}, "local"),
        ("doge", {}, "attention to chosen tokens"),
        ("lfm2", {"layer_types": ["conv", "full_attention"]}, "conv"),
        ("qwen3", {"layer_types": ["full_attention", "linear_attention"]}, "linear_attention"),
    ],
)
def test_what_is_no_attention_with_a_mask_is_refused(architecture, config, found):
    model = tiny_model(architecture, layers=2, **config)
    with pytest.raises(ValueError, match=f"cannot be played: it mixes in {found}"):
        check_kind(model)
