"""The tiny model from nothing: its word-level tokenizer and its untrained Qwen network.

The tokenizer knows ALFWorld's language. A thing with its number (``cabinet 3``) is one token, so that naming
what was just read is copying one token, and the fixed phrases of the engine are one token each. Articles and
commas between things are dropped. A room then takes about twenty tokens to read and an action three to six.
"""

from collections.abc import Iterable, Mapping
from itertools import chain

import torch
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from onelayer.envs.alfworld import wording

SPECIAL = ("<pad>", "<bos>", "<eos>", "<act>", "<unk>")
ARCHITECTURES = {
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, {"head_dim": 32}),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, {}),  # that of Qwen2.5: biases, no norms of q and k
}
CONTEXT = 2048
"""positions; an episode of 50 steps in a full-size room takes about 900"""

_PHRASES = (
    "-= welcome to textworld alfred! =-",
    "you are in the middle of a room. looking quickly around you you see",
    "your task is to:",
    "you arrive at",
    "nothing happens.",
    "you see nothing.",
    "you see",
    "on the",
    "in it",
    "is closed.",
    "is open.",
    "you pick up the",
    "you move the",
    "you open the",
    "you close the",
    "you clean the",
    "you heat the",
    "you cool the",
    "you turn on the",
    "from the",
    "to the",
    "using the",
    "go to",
)
_RARE = (
    wording.HELP,
    "look, inventory, help, open, close, examine, take, from, move, to, use, heat, with, clean, cool, slice",
    "You are facing the. Next to it, you see nothing. You are carrying: a. You are not carrying anything.",
    "You close the. You sliced the with the. This is a normal. In it, you see a.",
    "This is a hot and clean sliced. This is a cold. This is a cool. This is on.",
    "There's nothing special about.",
    "find two, put a some and put them, put it in on, look at under the, examine the with the, heat, cool",
)
"""words that a demonstration may never show; a player that tries them out reads and writes them too"""
_ARTICLES = r",? (?:and )?an? (?=[a-z]+ \d)"
"""what stands between the things of a list"""
_WORDS = r"[a-z]+ \d+|[a-z]+|\d+|[^\sa-z\d]"


def tiny_tokenizer(texts: Iterable[str], things: Iterable[str]) -> PreTrainedTokenizerFast:
    """Return the tokenizer that knows ALFWorld's sentences, the words of ``texts`` and all of ``things``.

    Args:
        texts: observations and actions.
        things: names with numbers, such as ``cabinet 3``, whether or not they occur in the texts.
    """
    things = set(things)
    kinds = {thing.rpartition(" ")[0] for thing in things}
    bare = Tokenizer(WordLevel({}, unk_token="<unk>"))
    bare.normalizer = normalizers.Sequence(
        [
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Replace(Regex(_ARTICLES), " "),
            normalizers.Replace(Regex(","), ""),
        ]
    )
    phrases = "|".join(_escaped(phrase) for phrase in _PHRASES)
    bare.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(rf"(?:{phrases})(?![a-z])|{_WORDS}"), "isolated"),
            # the spaces between are pieces of their own, which this drops
            pre_tokenizers.Split(Regex(r"^\s+$"), "removed"),
        ]
    )
    found = {piece for text in chain(texts, _RARE) for piece in _pieces(bare, text)}
    vocabulary = [*SPECIAL, *_PHRASES, *sorted((things | kinds | found) - set(_PHRASES))]
    bare.model = WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token="<unk>")
    bare.decoder = decoders.WordPiece(prefix="##", cleanup=False)  # a space between words
    return PreTrainedTokenizerFast(
        tokenizer_object=bare,
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        additional_special_tokens=["<act>"],
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def untrained_tiny_model(
    tokenizer: PreTrainedTokenizerFast,
    *,
    architecture: str = "qwen3",
    width: int = 128,
    layers: int = 6,
    seed: int = 0,
) -> PreTrainedModel:
    """Return a network of that size with random weights.

    The embedding of ``cabinet 3`` begins as the embedding of ``cabinet`` plus one that all threes share. So
    the model need not learn the kind of every single thing.

    Args:
        tokenizer: gives the vocabulary.
        architecture: a key of ``ARCHITECTURES``.
        width: of the residual stream; heads are 32 wide.
        layers: of the network.
        seed: of the weights.
    """
    config_class, model_class, its_own = ARCHITECTURES[architecture]
    config = config_class(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        num_key_value_heads=width // 32,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        use_cache=True,
        **its_own,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = model_class(config)
    _compose_embeddings(model.get_input_embeddings().weight.data, tokenizer.get_vocab(), seed)
    return model


def _compose_embeddings(
    embedding_VD: torch.Tensor, vocabulary: Mapping[str, int], seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed + 1)
    parts: dict[str, torch.Tensor] = {}

    def part(word: str) -> torch.Tensor:
        if word not in parts:
            parts[word] = 0.02 * torch.randn(embedding_VD.shape[1], generator=generator)
        return parts[word]

    for word, index in sorted(vocabulary.items(), key=lambda item: item[1]):
        kind, _, number = word.partition(" ")
        if number.isdigit():
            embedding_VD[index] = (part(kind) + part(f"#{number}")) / 2**0.5
        elif word.isalpha():
            embedding_VD[index] = part(word)


def _pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    normal = tokenizer.normalizer.normalize_str(text)
    return [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]


def _escaped(phrase: str) -> str:
    return "".join(c if c.isalnum() or c == " " else f"\\{c}" for c in phrase)
