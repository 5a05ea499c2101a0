"""A larger model that begins as a smaller one: more words and more layers, and at first the same answers.

Layers that are added write nothing at first (the matrices they end with are 0), after the function-preserving
growth of Net2Net (T. Chen et al. 2016, https://arxiv.org/abs/1511.05641).
"""

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from onelayer.trainers.layers import decoder_layers
from onelayer.trainers.tiny_model import untrained_tiny_model

_WRITES = ("self_attn.o_proj.weight", "mlp.down_proj.weight")


def grown(
    model: PreTrainedModel,
    known: PreTrainedTokenizerFast,
    tokenizer: PreTrainedTokenizerFast,
    *,
    layers: int,
    seed: int = 0,
) -> PreTrainedModel:
    """Return ``model`` with ``layers`` layers and the words of ``tokenizer``.

    To texts of known words it answers as before: new layers lie evenly between the old ones and change
    nothing yet, and words that both tokenizers have keep their embeddings. The embedding of a new word
    begins near the mean of the words with the same number, so that it is no likelier than they are.

    Args:
        model: one of ``untrained_tiny_model``, trained or not.
        known: its tokenizer.
        tokenizer: gives the new vocabulary.
        layers: at least as many as the model has.
        seed: of what is new.

    Raises:
        ValueError: the model has more layers.
    """
    old = decoder_layers(model)
    if layers < len(old):
        raise ValueError(f"the model to start from has {len(old)} layers, more than {layers}")
    config = model.config
    larger = untrained_tiny_model(
        tokenizer,
        architecture=config.model_type,
        width=config.hidden_size,
        layers=layers,
        seed=seed,
    )
    places = [round((i + 1) * layers / len(old)) - 1 for i in range(len(old))]
    with torch.no_grad():
        new = decoder_layers(larger)
        for place, layer in zip(places, old, strict=True):
            new[place].load_state_dict(layer.state_dict())
        for place in set(range(layers)) - set(places):
            for name in _WRITES:
                new[place].get_parameter(name).zero_()
        larger.model.norm.load_state_dict(model.model.norm.state_dict())
        _embed(larger, model, known.get_vocab(), tokenizer.get_vocab())
    return larger


def _embed(
    larger: PreTrainedModel, model: PreTrainedModel, known: dict[str, int], words: dict[str, int]
) -> None:
    """Copy the embeddings of known words; a new one begins near the mean of those with its number."""
    table, before = (m.get_input_embeddings().weight for m in (larger, model))
    alike: dict[str, list[int]] = {}
    for word, index in known.items():
        alike.setdefault(_number(word), []).append(index)
    for word, index in words.items():
        if word in known:
            table[index] = before[known[word]]
        else:
            table[index] += before[alike.get(_number(word), list(known.values()))].mean(0)


def _number(word: str) -> str:
    """Return the number of a thing, "" of any other word."""
    return word.rpartition(" ")[2] if word[-1:].isdigit() else ""
