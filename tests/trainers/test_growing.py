"""A model that was grown answers as before, and what was added can learn."""

import pytest

torch = pytest.importorskip("torch")

from onelayer.trainers.growing import grown  # noqa: E402
from onelayer.trainers.tiny_model import tiny_tokenizer, untrained_tiny_model  # noqa: E402

TEXT = "You arrive at shelf 1. On the shelf 1, you see a mug 1."


@pytest.fixture
def small():
    tokenizer = tiny_tokenizer([TEXT], ["shelf 1", "mug 1"])
    return untrained_tiny_model(tokenizer, width=32, layers=2).eval(), tokenizer


@pytest.fixture
def richer():
    return tiny_tokenizer([TEXT, "a zeppelin"], ["shelf 1", "mug 1", "mug 2", "boots 1", "boots 9"])


def likely(model, tokenizer, words):
    """Return the probability of each of ``words`` after the text, among them."""
    ids = torch.tensor([tokenizer.encode(TEXT)])
    chosen = tokenizer.convert_tokens_to_ids(words)
    return model(ids).logits[0, -1, chosen].softmax(-1)


@pytest.mark.parametrize("architecture", ["qwen3", "qwen2"])
@pytest.mark.parametrize("layers", [2, 3, 5])
def test_it_answers_as_before(richer, architecture, layers):
    tokenizer = tiny_tokenizer([TEXT], ["shelf 1", "mug 1"])
    model = untrained_tiny_model(tokenizer, architecture=architecture, width=32, layers=2)
    larger = grown(model.eval(), tokenizer, richer, layers=layers).eval()
    assert larger.config.num_hidden_layers == layers
    assert larger.config.vocab_size == len(richer) > len(tokenizer)
    words = list(tokenizer.get_vocab())
    assert torch.allclose(likely(larger, richer, words), likely(model, tokenizer, words), atol=1e-6)


def test_a_new_word_begins_near_those_with_its_number(small, richer):
    model, tokenizer = small
    larger = grown(model, tokenizer, richer, layers=2)
    table, before = (m.get_input_embeddings().weight for m in (larger, model))
    ones = tokenizer.convert_tokens_to_ids(["shelf 1", "mug 1", "<unk>"])[:2]
    boots = table[richer.convert_tokens_to_ids("boots 1")]
    near = torch.cosine_similarity(boots, before[ones].mean(0), dim=0)
    far = torch.cosine_similarity(table[richer.convert_tokens_to_ids("zeppelin")], boots, dim=0)
    assert near > 0.5 > far


def test_every_matrix_of_a_new_layer_learns(small, richer):
    model, tokenizer = small
    larger = grown(model, tokenizer, richer, layers=3).train()
    before = {name: p.clone() for name, p in larger.named_parameters()}
    optimizer = torch.optim.SGD(larger.parameters(), lr=0.5)
    ids = torch.tensor([richer.encode(TEXT)])
    for _ in range(3):
        larger(ids, labels=ids).loss.backward()
        optimizer.step()
    assert all(not torch.equal(p, before[name]) for name, p in larger.named_parameters())


def test_layers_are_not_taken_away(small, richer):
    with pytest.raises(ValueError, match="has 2 layers, more than 1"):
        grown(*small, richer, layers=1)
