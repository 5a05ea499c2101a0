"""Environments of onelayer in TRL."""

import warnings

import pytest

from onelayer.envs.adapters.trl import environment_factory, rows

COUNTING = "onelayer/Counting-v0"


def test_an_environment_has_the_methods_that_trl_looks_for():
    env = environment_factory(COUNTING, length=2)()
    read = env.reset(task="by-1-from-0", seed=3, prompt="ignored")
    assert read == "0 + 1 =\n\nPossible actions: 0; 1; 2; 3; 4; 5; 6; 7; 8; 9"
    assert env.act("1").startswith("1 + 1 =") and env.get_reward() == 0.5
    assert env.act("2") == "Right.\nThe episode is over." and env.get_reward() == 1.0
    assert env.act("3") == "The episode is over." and env.get_reward() == 1.0
    env.reset(task="by-1-from-0")
    assert env.get_reward() == 0.0
    methods = [name for name in vars(type(env)) if not name.startswith("_")]
    assert sorted(methods) == ["act", "get_reward", "reset"]


def test_rows_name_tasks_and_seeds_and_repeat():
    factory = environment_factory(COUNTING)
    found = rows(factory, 30, seed=1)
    assert found == rows(factory, 30, seed=1) != rows(factory, 30, seed=2)
    assert len({row["task"] for row in found[:23]}) == 23
    assert len({(row["task"], row["seed"]) for row in found}) == 30
    assert "Call the tool `act`" in found[0]["prompt"][-1]["content"]


def test_transformers_reads_the_tools_schema():
    utils = pytest.importorskip("transformers.utils")
    schema = utils.get_json_schema(environment_factory(COUNTING)().act)["function"]
    assert schema["name"] == "act"
    assert list(schema["parameters"]["properties"]) == ["action"]


def letters():
    """A tokenizer of bytes with the template of Qwen3."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    from trl.chat_template_utils import qwen3_chat_template

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    marks = ["<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<|pad|>"]
    inner = Tokenizer(models.BPE({token: i for i, token in enumerate(alphabet)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|pad|>"
    )
    tokenizer.add_tokens(marks, special_tokens=False)
    tokenizer.chat_template = qwen3_chat_template
    return tokenizer


CALL = '<tool_call>\n{"name": "act", "arguments": {"action": "1"}}\n</tool_call><|im_end|>'


def caller(tokenizer, factory):
    """A small model that has learned to call ``act`` whatever it reads."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=4096,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen3ForCausalLM(config)
    env = factory()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for row in rows(factory, 120):
        [message] = row["prompt"]
        asked = {**message, "content": message["content"] + env.reset(task=row["task"])}
        text = tokenizer.apply_chat_template(
            [asked],
            tools=[env.act],
            add_generation_prompt=True,
            enable_thinking=False,
            tokenize=False,
        )
        read = tokenizer.encode(text, add_special_tokens=False)
        said = tokenizer.encode(CALL, add_special_tokens=False)
        labels = torch.tensor([[-100] * len(read) + said])
        model(input_ids=torch.tensor([read + said]), labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model


@pytest.mark.slow
def test_the_stock_trainer_of_trl_plays_and_learns_in_an_environment(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    datasets = pytest.importorskip("datasets")
    trl = pytest.importorskip("trl")

    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    factory = environment_factory(COUNTING, length=1, max_steps=2)
    tokenizer = letters()
    model = caller(tokenizer, factory)
    one = [row for row in rows(factory, 23) if row["task"] == "by-1-from-0"]  # "0 + 1 ="
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = trl.GRPOTrainer(
            model,
            args=trl.GRPOConfig(
                output_dir=str(tmp_path),
                max_steps=3,
                per_device_train_batch_size=4,
                num_generations=4,
                max_completion_length=200,
                max_tool_calling_iterations=2,
                temperature=0.4,
                learning_rate=1e-4,
                report_to="none",
                logging_steps=1,
                save_strategy="no",
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                chat_template_kwargs={"enable_thinking": False},
            ),
            train_dataset=datasets.Dataset.from_list(one * 4),
            processing_class=tokenizer,
            environment_factory=factory,
        )
        trainer.train()
    rewards = [log["reward"] for log in trainer.state.log_history if "reward" in log]
    assert len(rewards) == 3
    assert rewards[0] > 0.5  # it says what it has learned to say, and that is right here
