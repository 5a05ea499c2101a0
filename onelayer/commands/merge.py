"""`onelayer merge`: from a base model and what a run trained to a full transformers folder."""

from dataclasses import dataclass

from onelayer.settings import option

HELP = (
    "write a base model with a run's trained layer, or LoRA adapters, as a full transformers folder"
)


@dataclass(frozen=True, slots=True)
class Config:
    """What to merge, and where to."""

    delta: str = option("", "run folder, or a layer.safetensors of one", positional=True)
    out: str = option("", "folder to write; must be new or empty", positional=True)
    model: str | None = option(
        None, "the base model: an id, a folder or `tiny`; default: as trained"
    )


def run(config: Config) -> None:
    """Merge and say what was written.

    Raises:
        ValueError: an argument is missing, what was trained belongs to another base, or ``out`` is taken.
        OSError: what was trained or the base can't be read.
    """
    if not config.delta or not config.out:
        raise ValueError(
            "merge takes a run folder (or its layer.safetensors) and a folder to write"
        )
    from onelayer.agents.models import load_model
    from onelayer.files import require_new_folder
    from onelayer.trainers.lora import load_trained

    require_new_folder(config.out)
    trained = load_trained(config.delta)
    base = config.model or trained.base_id
    model, tokenizer = load_model(base, dtype=trained.dtype)
    trained.merge(config.out, model, tokenizer)
    print(f"{config.out}: {base} with {trained.what} of {config.delta}")
