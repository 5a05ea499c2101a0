"""Every architecture that is tried: tiny, with random weights, and what comes of playing and training it.

``python tests/architectures.py`` prints the table of docs/models.md. Windows are 8 tokens, so that short
sequences cross their edges.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.utils import logging

from onelayer.agents.decoder import Decoder
from onelayer.agents.engine import sample
from onelayer.agents.forward import decoder_layers, entering
from onelayer.agents.model_check import check_model
from onelayer.agents.sampling import Sampling
from onelayer.agents.states import CapturedStates
from onelayer.trainers.batch import batch
from onelayer.trainers.score import Scorer, check_scoring
from onelayer.trainers.token_rows import Row

IMPLEMENTATIONS = ("sdpa", "eager")
RIGHT = "right"
CLOSE = 2e-5
"""largest difference of log-probabilities, float32, that counts as right"""

COMMON: dict[str, Any] = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
HEAD = {"head_dim": 8}
WINDOW = {"sliding_window": 8}
EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
QWEN_EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
ROUTED = {
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "n_group": 1,
    "topk_group": 1,
}
LATENT = {
    "num_key_value_heads": 4,
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_rope_head_dim": 4,
    "qk_nope_head_dim": 4,
    "v_head_dim": 8,
}
GPT = {"n_embd": 32, "n_layer": 4, "n_head": 4}
SOME_WINDOWS = {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 2}
MAMBA = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 4, "mamba_n_groups": 1}

ARCHITECTURES: dict[str, dict[str, Any]] = {
    "afmoe": {**HEAD, **WINDOW},
    "apertus": {},
    "arcee": {},
    "aria_text": {},
    "axk1": {**LATENT, **ROUTED, "first_k_dense_replace": 1},
    "beam": WINDOW,
    "biogpt": {},
    "bitnet": {},
    "codegen": {**GPT, "rotary_dim": 4},
    "cohere": {},
    "cohere2": WINDOW,
    "cohere2_moe": WINDOW,
    "ctrl": {"n_embd": 32, "n_layer": 4, "n_head": 4, "dff": 48},
    "cwm": {**HEAD, **WINDOW},
    "deepseek_v2": {**LATENT, **ROUTED, "first_k_dense_replace": 1},
    "deepseek_v3": {**LATENT, **ROUTED, "first_k_dense_replace": 1},
    "diffllama": {},
    "dots1": {**ROUTED, "first_k_dense_replace": 1, "n_shared_experts": 1},
    "ernie4_5": {},
    "ernie4_5_moe": {},
    "exaone4": WINDOW,
    "exaone_moe": WINDOW,
    "falcon": {},
    "flex_olmo": {},
    "flint": WINDOW,
    "gemma": HEAD,
    "gemma2": {**HEAD, **WINDOW, "attn_logit_softcapping": 2.0},
    "gemma3_text": {**HEAD, **WINDOW},
    "glm": HEAD,
    "glm4": HEAD,
    "glm4_moe": {**HEAD, **ROUTED},
    "glm4_moe_lite": {**LATENT, **ROUTED},
    "gpt2": GPT,
    "gpt_bigcode": GPT,
    "gpt_neo": {
        "num_layers": 4,
        "num_heads": 4,
        "attention_types": [[["global"], 4]],
    },
    "gpt_neox": {},
    "gpt_neox_japanese": {},
    "gpt_oss": {**HEAD, **EXPERTS, **WINDOW},
    "gptj": {**GPT, "rotary_dim": 4},
    "granite": {"embedding_multiplier": 3.0, "logits_scaling": 2.0, "residual_multiplier": 0.5},
    "granite_swa": WINDOW,
    "granitemoe": {"embedding_multiplier": 3.0, **EXPERTS},
    "granitemoe_swa": {**EXPERTS, **WINDOW},
    "granitemoeshared": {},
    "helium": HEAD,
    "hunyuan_v1_dense": HEAD,
    "hunyuan_v1_moe": {**HEAD, "num_experts": 4, "moe_topk": 2},
    "hy_v3": {},
    "hyperclovax": {},
    "internlm3": {},
    "jais2": {},
    "jetmoe": {},
    "kolibri1": WINDOW,
    "laguna": WINDOW,
    "lfm2 (attention only)": {},
    "llama": HEAD,
    "llama4_text": {
        **HEAD,
        "num_local_experts": 2,
        "num_experts_per_tok": 1,
        "attention_chunk_size": 8,
        "intermediate_size_mlp": 48,
    },
    "mellum": WINDOW,
    "mimo_v2_flash": WINDOW,
    "minicpm3": LATENT,
    "minimax_m2": HEAD,
    "ministral": {**HEAD, **WINDOW},
    "ministral3": {**HEAD, **WINDOW},
    "mistral": {**HEAD, **WINDOW},
    "mixtral": {**HEAD, **EXPERTS, **WINDOW},
    "modernbert-decoder": {},
    "nanochat": {},
    "nemotron": {},
    "olmo": {},
    "olmo2": {},
    "olmo3": WINDOW,
    "olmoe": {},
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32},
    "persimmon": {},
    "phi": {},
    "phi3": WINDOW,
    "phimoe": {"num_local_experts": 4, **WINDOW},
    "qwen2": {},
    "qwen2 (some windows)": SOME_WINDOWS,
    "qwen2_moe": {**QWEN_EXPERTS, "shared_expert_intermediate_size": 16},
    "qwen3": HEAD,
    "qwen3 (some windows)": {**HEAD, **SOME_WINDOWS},
    "qwen3_moe": {**HEAD, **QWEN_EXPERTS},
    "seed_oss": HEAD,
    "smollm3": {},
    "solar_open": {},
    "stablelm": {},
    "starcoder2": WINDOW,
    "vaultgemma": {**HEAD, **WINDOW},
    "xglm": {"d_model": 32, "num_layers": 4, "attention_heads": 4, "ffn_dim": 48},
    "youtu": LATENT,
    # refused
    "bamba": {**MAMBA, "attn_layer_indices": [1]},
    "bart": {},
    "bert": {},
    "bloom": {"n_layer": 4, "n_head": 4},
    "cpmant": {},
    "deepseek_v32": {**LATENT, **ROUTED},
    "doge": {},
    "falcon (alibi)": {"alibi": True},
    "falcon_h1": {**HEAD, **MAMBA, "mamba_d_ssm": 64},
    "gpt_neo (windows)": {
        "num_layers": 4,
        "num_heads": 4,
        "attention_types": [[["global", "local"], 2]],
    },
    "jamba": {
        "attn_layer_period": 2,
        "attn_layer_offset": 1,
        "num_experts": 2,
        "num_experts_per_tok": 1,
        "use_mamba_kernels": False,
    },
    "lfm2": {"layer_types": ["conv", "full_attention"] * 2},
    "longcat_flash": {},
    "mamba": {"state_size": 4},
    "mamba2": {"state_size": 4, "num_heads": 8, "head_dim": 8, "n_groups": 1},
    "minimax": {**HEAD, **EXPERTS},
    "mpt": {"d_model": 32, "n_heads": 4, "n_layers": 4, "max_seq_len": 512},
    "nemotron_h": {},
    "openai-gpt": GPT,
    "qwen3_next": {
        **HEAD,
        **QWEN_EXPERTS,
        "shared_expert_intermediate_size": 16,
        "linear_num_value_heads": 4,
        "linear_num_key_heads": 2,
        "linear_key_head_dim": 8,
        "linear_value_head_dim": 8,
    },
    "recurrent_gemma": {},
    "rwkv": {},
    "xlstm": {},
}
"""by the model type of transformers, with a remark where there are several; what makes the model tiny"""


def tiny(name: str, implementation: str, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """Return the model with random weights large enough for its logits to spread.

    Raises:
        ValueError: the architecture lacks this implementation of attention.
    """
    torch.manual_seed(0)
    config = AutoConfig.for_model(name.split(" ")[0], **{**COMMON, **ARCHITECTURES[name]})
    model: PreTrainedModel = AutoModelForCausalLM.from_config(
        config, dtype=torch.float32, attn_implementation=implementation
    )
    for parameter in model.parameters():
        if parameter.ndim >= 2:
            torch.nn.init.normal_(parameter, std=0.2)
    return model.to(dtype).eval()


def verdict(name: str, implementation: str) -> str:
    """Return ``right``, ``not offered``, why the model is refused, or how it is wrong."""
    try:
        model = tiny(name, implementation)
    except ValueError as error:
        if "does not support an attention implementation" in str(error):
            return "not offered"
        raise
    depth = len(decoder_layers(model)) if _has_stack(model) else 1
    firsts = (0, depth // 2, depth - 1)
    try:
        for first in firsts:
            check_model(model, first)
    except ValueError as error:
        return f"refused: {str(error).split(';')[0]}"
    worst = max(difference for first in firsts for difference in differences(model, first))
    return RIGHT if worst <= CLOSE else f"WRONG by {worst:.1e}"


def differences(model: PreTrainedModel, first: int) -> Iterator[float]:
    """Play three rows over two turns; yield how far sampling and training are from plain passes."""
    layers = decoder_layers(model)
    states = CapturedStates(layers[first], budget_bytes=1 << 24)
    engine = Decoder(model, [2], Sampling(response_limit=6), states)
    beginning = [1, *range(3, 12)]
    prompts = [[*beginning, 20 + i, *range(30, 30 + 2 * i)] for i in range(3)]
    for turn in range(2):
        replies = sample(engine, [0, 1, 2], prompts, [[turn, i] for i in range(3)])
        texts = [[*p, *r.ids] for p, r in zip(prompts, replies, strict=True)]
        plain = [_plain(model, text) for text in texts]
        for text, reply, expected_T in zip(texts, replies, plain, strict=True):
            sampled_T = torch.tensor(reply.logprobs)
            yield float((sampled_T - expected_T[-len(sampled_T) :]).abs().max())
            assert text[-len(reply.ids) :] == list(reply.ids)
        hidden = [states.get(text[:-1]) for text in texts]
        for learned_T, expected_T in zip(_learned(model, first, texts, hidden), plain, strict=True):
            yield float((learned_T - expected_T).abs().max())
        prompts = [[*text, 40, 41] for text in texts]
    start = len(beginning)
    expected_N = torch.cat([expected_T[start - 1 :] for expected_T in plain])
    yield float((_shared(model, first, texts, start) - expected_N).abs().max())


@torch.no_grad()
def _plain(model: PreTrainedModel, text: list[int]) -> torch.Tensor:
    """Return the log-probability of each token but the first under the model's own forward pass."""
    logits_TV = model(torch.tensor([text]), use_cache=False).logits[0]
    return _logp(logits_TV[:-1], text[1:])


@torch.no_grad()
def _learned(
    model: PreTrainedModel, first: int, texts: list[list[int]], hidden: list[torch.Tensor]
) -> list[torch.Tensor]:
    """Return the same as a learning pass has it: padded on the right, from layer ``first`` on."""
    width = max(map(len, texts)) - 1
    ids_BT = torch.tensor([text[:-1] + [0] * (width - len(text) + 1) for text in texts])
    hidden_BTD = torch.nn.utils.rnn.pad_sequence(hidden, batch_first=True)
    with entering(decoder_layers(model), first, hidden_BTD):
        logits_BTV = model(input_ids=ids_BT, use_cache=False).logits
    return [
        _logp(logits_TV[: len(text) - 1], text[1:])
        for text, logits_TV in zip(texts, logits_BTV, strict=True)
    ]


def _shared(model: PreTrainedModel, first: int, texts: list[list[int]], start: int) -> torch.Tensor:
    """Return it for all tokens from ``start`` on, as the trainer has it: the rest read once if it can be."""
    rows = [
        Row(
            ids_T=np.array(text),
            sampled_T=np.arange(len(text)) >= start,
            logp_T=np.zeros(len(text), np.float32),
            advantage_T=np.zeros(len(text), np.float32),
            steps=1,
        )
        for text in texts
    ]
    scorer = Scorer(model, decoder_layers(model))
    check_scoring(scorer)  # says whether the model can share beginnings
    one = batch(rows, torch.device("cpu"), share=scorer.shares)
    assert not scorer.shares or one.places < sum(row.read for row in rows)
    return scorer.score(one, first, scorer.states(one, first) if first else None).logp_N


def _logp(logits_TV: torch.Tensor, ids: list[int]) -> torch.Tensor:
    return torch.log_softmax(logits_TV.float(), -1).gather(-1, torch.tensor(ids)[:, None])[:, 0]


def _has_stack(model: PreTrainedModel) -> bool:
    try:
        return len(decoder_layers(model)) > 0
    except ValueError:
        return False


def table(names: list[str]) -> Iterator[str]:
    """Yield the lines of the table in docs/models.md."""
    yield "| model type | sdpa | eager |"
    yield "|---|---|---|"
    for name in names:
        yield f"| `{name}` | " + " | ".join(verdict(name, i) for i in IMPLEMENTATIONS) + " |"


if __name__ == "__main__":
    import logging as standard_logging

    standard_logging.disable(standard_logging.CRITICAL)
    logging.set_verbosity_error()
    for line in table(sys.argv[1:] or list(ARCHITECTURES)):
        print(line, flush=True)
