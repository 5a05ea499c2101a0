"""`onelayer merge`: from a base model and a trained layer to a full transformers folder."""

from dataclasses import dataclass, field

HELP = "write a base model with a run's trained layer as a full transformers folder"


@dataclass(frozen=True, slots=True)
class Config:
    """What to merge, and where to."""

    delta: str = field(
        default="",
        metadata={"help": "run folder, or a layer.safetensors of one", "positional": True},
    )
    out: str = field(
        default="", metadata={"help": "folder to write; must be new or empty", "positional": True}
    )
    model: str | None = field(
        default=None,
        metadata={"help": "the base model: an id, a folder or `tiny`; default: as trained"},
    )


def run(config: Config) -> None:
    """Merge and say what was written.

    Raises:
        ValueError: an argument is missing, the delta belongs to another base, or ``out`` is taken.
        OSError: the delta or the base can't be read.
    """
    if not config.delta or not config.out:
        raise ValueError(
            "merge takes a run folder (or its layer.safetensors) and a folder to write"
        )
    from onelayer.agents.models import load_model
    from onelayer.trainers.delta import LayerDelta, require_new_folder

    require_new_folder(config.out)
    delta = LayerDelta.load(config.delta)
    base = config.model or delta.base_id
    model, tokenizer = load_model(base, dtype=delta.dtype)
    delta.merge(config.out, model, tokenizer)
    what = "all parameters" if delta.everything else f"layers {', '.join(map(str, delta.layers))}"
    print(f"{config.out}: {base} with {what} of {config.delta}")
