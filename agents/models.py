"""Loading the language model: one that ships, a folder, or an id of the model hub."""

from importlib.resources import files
from pathlib import Path

import torch
import transformers
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.models.auto.tokenization_auto import get_tokenizer_config

from onelayer.agents.shipped_models import SHIPPED


def model_folder(name: str) -> str:
    """Return the folder of a model that ships; any other name unchanged."""
    return str(files("onelayer.agents") / name) if name in SHIPPED else name


def load_model(
    name: str, dtype: str = "float32", device: str = "cpu"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the model, without dropout, and its tokenizer.

    Args:
        name: ``tiny``, ``small``, a transformers folder, or a hub id.
        dtype: of the weights in memory, such as ``float32`` or ``bfloat16``.
        device: where the weights go.

    Raises:
        ValueError: there is no such model or dtype, or it is not a causal language model.
    """
    weights = getattr(torch, dtype, None)
    if not isinstance(weights, torch.dtype):
        raise ValueError(f"there is no dtype {dtype!r}; float32 and bfloat16 are two")
    folder = model_folder(name)
    looks_local = name in SHIPPED or name.startswith((".", "/", "~")) or name.count("/") > 1
    if looks_local and not (Path(folder).expanduser() / "config.json").is_file():
        raise ValueError(f"no model in {folder}: a transformers folder holds a config.json")
    folder = str(Path(folder).expanduser()) if looks_local else folder
    # transformers' own progress bar over weights would get in the way of ours.
    transformers.utils.logging.disable_progress_bar()
    try:
        tokenizer = _tokenizer(folder)
        # Where a folder has no tokenizer files, transformers makes an empty one from the config alone.
        if not tokenizer.encode("look", add_special_tokens=False):
            raise ValueError("it comes without a tokenizer")
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=weights)
    except Exception as error:  # a damaged file raises any of a dozen types
        reason = (str(error).strip() or "no reason given").splitlines()[0]
        kind = "" if isinstance(error, OSError | ValueError) else f"{type(error).__name__}: "
        raise ValueError(f"model {name!r} cannot be loaded: {kind}{reason}") from error
    return model.to(device).eval(), tokenizer


def context_length(model: PreTrainedModel) -> int | None:
    """Return how many tokens a sequence may have, None where the model sets no limit.

    LongRoPE (Phi-3-128k) rotates *all* tokens differently once a sequence outgrows the model's original
    length, also those whose keys are in the cache: what was sampled would no longer be what is trained.
    Such a model is used up to its original length. Llama 4 scales its queries by the length of the cache
    from ``floor_scale`` tokens on, but the rows of our cache have different lengths: it is used below that.
    """
    config = model.config.get_text_config()
    limits = [getattr(config, "max_position_embeddings", None)]
    rotary = getattr(config, "rope_parameters", None) or {}
    for kind in (rotary, *rotary.values()):  # one for all layers, or one for each kind of layer
        if isinstance(kind, dict) and kind.get("rope_type") == "longrope":
            limits.append(kind.get("original_max_position_embeddings"))
    if getattr(config, "attn_temperature_tuning", False):
        limits.append(int(config.floor_scale) - 1)
    return min([limit for limit in limits if limit is not None], default=None)


def end_ids(model: PreTrainedModel) -> tuple[int, ...]:
    """Return the tokens that end a reply by the model's ``generation_config``.

    They may be more than the chat template's: Qwen2.5 also ends with ``<|endoftext|>``.
    """
    found = getattr(model.generation_config, "eos_token_id", None)
    if found is None:
        return ()
    return tuple(found) if isinstance(found, list | tuple) else (int(found),)


def _tokenizer(folder: str) -> PreTrainedTokenizerBase:
    """Return the tokenizer as its own files describe it."""
    if get_tokenizer_config(folder).get("tokenizer_class") in _AS_WRITTEN:
        # For some architectures, Qwen2's among them, AutoTokenizer replaces the pre-tokenizer in
        # tokenizer.json by its own, and then hardly any word is in a vocabulary of whole words.
        return PreTrainedTokenizerFast.from_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


_AS_WRITTEN = ("TokenizersBackend", "PreTrainedTokenizerFast")
"""classes of tokenizers that tokenizer.json describes completely"""
