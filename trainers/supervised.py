"""Learning to write what was demonstrated: next-token prediction by TRL's ``SFTTrainer``.

An example is ``{"input_ids": [...], "labels": [...]}``: the tokens of an episode, with the label ``IGNORED``
at each token that is read and not learned.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

IGNORED = -100

Example = dict[str, list[int]]


def fine_tune(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    *,
    scratch: Path,
    steps: int,
    seed: int,
    callbacks: Sequence[Any] = (),
    optimizers: tuple[Any, Any] = (None, None),
    **settings: Any,
) -> None:
    """Train the parameters of ``model`` that require gradients, in place.

    Args:
        model: a causal language model.
        tokenizer: the model's.
        examples: see the top of this file.
        scratch: a folder for the trainer.
        steps: optimizer steps.
        seed: of the order of the examples.
        callbacks: of ``transformers.Trainer``.
        optimizers: an optimizer and its schedule; by default AdamW as ``settings`` say.
        settings: further ones of ``trl.SFTConfig``: batch size, learning rate.
    """
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    arguments = SFTConfig(
        output_dir=str(scratch),
        max_steps=steps,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        gradient_checkpointing=False,  # TRL's default, and slower for a small model
        seed=seed,
        save_strategy="no",
        report_to="none",
        remove_unused_columns=False,
        use_cpu=model.device.type == "cpu",
        **{"bf16": False, **settings},
    )
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(list(examples)),
        processing_class=tokenizer,
        callbacks=list(callbacks),
        optimizers=optimizers,
    )
    trainer.train()
    model.eval()
    model.config.use_cache = True  # TRL turns it off
