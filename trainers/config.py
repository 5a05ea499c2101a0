"""Everything that decides what a training run does: the flags of `onelayer train`."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from onelayer.agents.play import Play
from onelayer.agents.shipped_models import SHIPPED
from onelayer.settings import option, parse_mapping, require, run_folder, world_of
from onelayer.trainers.estimators import Estimator, estimator
from onelayer.trainers.layer_spec import mask_seed, trains_everything

LARGEST_RATE = 1e37
"""of learning; the first step of AdamW divides it by 0.1, and the weights that learn are float32"""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """One run. Its numbers are checked here; names of layers, environments and tasks by the trainer."""

    model: str = option(
        "tiny", "the model: `tiny`, `small`, a transformers folder, or a hub id", section="model"
    )
    env: str = option(
        "onelayer/ALFWorld-v0", "environment id, module:id, or a YAML list", section="environment"
    )
    env_args: str = option("", "YAML mapping of the environment's arguments, {room_size: 5}")
    allow_contamination: bool = option(
        False, "train although problems of the test set resemble training problems"
    )
    out: str = option(
        "", "run folder; default: runs/<env>-<algorithm>-<layers>-<seed>", section="output"
    )
    seed: int = option(0, "of tasks and sampling", section="algorithm")

    algorithm: str = option(
        "gigpo", "advantage estimator: gigpo, grpo, dr_grpo, hgpo, or your own: my_file.py:name"
    )
    algorithm_args: str = option(
        "", "YAML mapping of the estimator's own arguments, {levels: 4} of hgpo"
    )
    layers: str = option(
        "mid", "layers that learn: 14, mid, mid-5, 10-14, 3,7, random:2:seed0, all-except:0, all"
    )
    train_embeddings: bool = option(False, "train embedding and head too")
    boost_layers: str = option("", "of the layers that learn, those that learn faster")
    boost: float = option(2.0, "their learning rate is this many times the others'")
    lora_rank: int = option(
        0, "train LoRA adapters (peft) of this rank in the layers instead; 0: no"
    )
    gamma: float = option(0.95, "discount of the returns that GiGPO compares step by step")
    omega: float = option(1.0, "weight of the step advantage; 0 is GRPO")
    divide_by_std: bool = option(False, "scale advantages by the group's standard deviation")
    invalid_penalty: float = option(
        0.01,
        "taken from the reward of a step with an invalid action; times the steps of an episode it must "
        "stay below the reward of success",
    )

    iterations: int = option(100, "rollouts and updates", section="optimisation")
    tasks_per_iteration: int = option(16, "tasks of one rollout")
    group_size: int = option(8, "episodes of each task, compared with each other")
    mask_cut_replies: bool = option(
        False, "let replies that were cut at response_limit carry no loss"
    )
    dynamic_sampling: int = option(
        0, "times that tasks whose episodes all earned the same are replaced by others; 0: never"
    )
    learning_rate: float = option(
        None,
        "of AdamW on the trained layers; default: for `tiny` and `small` 2e-3, with all "
        "layers 3e-4; for others 1e-5",
    )
    weight_decay: float = option(
        0.0, "of AdamW: in a step a weight shrinks by this times the learning rate"
    )
    warmup: int = option(0, "iterations in which the learning rate rises to its value")
    decay: int = option(0, "iterations over which it falls to a tenth; 0: it stays")
    epochs: int = option(1, "passes over a rollout")
    minibatches: int = option(1, "optimizer steps in an epoch")
    minibatch_rows: int = option(
        0,
        "instead: training rows in an optimizer step at most, episodes with history=all, else steps",
    )
    tokens_per_forward: int | None = option(
        None, "tokens in one forward pass of an update; changes memory only; unset: what fits"
    )
    gradient_checkpointing: bool = option(
        False, "compute activations again in the backward pass: less memory, more time"
    )
    clip_low: float = option(0.2, "the ratio is clipped below 1 by this")
    clip_high: float = option(0.2, "and above 1 by this")
    beta: float = option(0.01, "weight of the KL to the start policy")
    kl: str = option(
        "k3", "how it is estimated: k3, or k2, whose gradient is that of the KL itself"
    )
    importance_cap: float | None = option(
        None,
        "weight tokens by min(pi_learn/pi_play, this); 0: no; unset: 2 in bfloat16 and with servers, "
        "no in float32 in this process",
    )
    sequence_mask: float = option(
        0.0,
        "leave out replies that pi_learn finds more than this many times as likely as pi_play; 0: none",
    )
    shard: bool = option(False, "with layers=all: split all parameters over the processes (FSDP2)")
    max_grad_norm: float = option(1.0, "gradients are scaled down to this norm")

    engine: str = option(
        "onelayer",
        "what plays: onelayer (in this process), or vllm (see `onelayer serve`)",
        section="rollout",
    )
    server: str = option("", "URLs of the vLLM servers that play, with commas between them")
    server_files: str = option(
        "", "folder that servers on other machines share, for the trained weights"
    )
    history: str = option("all", "`all`: the prompt grows; K: first turn and last K pairs")
    show_admissible: bool = option(True, "list the legal actions in a chat prompt")
    thinking: bool = option(False, "ask for a thought before the action")
    temperature: float = option(1.0, "of sampling in training")
    top_p: float = option(1.0, "of sampling in training; only 1 can be learned from")
    response_limit: int = option(
        None,
        "tokens of a reply, after which it is cut; default: 16 for `tiny` and `small`, 512 for others",
    )
    parallel: int | None = option(
        None,
        "episodes that run at once, in training and evaluation; changes memory and speed only; "
        "default: all of an iteration, on a GPU as many as fit into half of its free memory",
    )

    retries: int = option(
        1, "times that an episode with an error is played again, in a fresh environment"
    )
    step_timeout: float | None = option(
        None,
        "seconds that a reset or a step may take, 0: any; default: any, or 600 where the environment waits "
        "for others",
    )

    eval_every: int = option(10, "iterations between evaluations; 0: none", section="evaluation")
    eval_tasks: int = option(100, "tasks of the held-out split, always the same")
    eval_split: str = option("test", "split of the held-out tasks")
    eval_temperature: float = option(
        None, "of sampling in evaluation; default: 1 for `tiny` and `small`, 0.4 for others"
    )
    eval_top_p: float = option(1.0, "of sampling in evaluation")
    eval_response_limit: int = option(0, "tokens of a reply in evaluation; 0: as in training")
    checkpoint_every: int = option(10, "iterations between checkpoints", section="output")
    log_with: str = option("", "also log to tensorboard, wandb or trackio")
    dtype: str = option("float32", "of the frozen weights: float32 or bfloat16", section="model")
    resume: bool = option(False, "go on from the last checkpoint in `out`", section="output")

    def __post_init__(self) -> None:
        # The models that ship speak in a few tokens, repeat themselves at a low temperature, and learn fast.
        fitting = {
            "response_limit": (16, 512),
            "eval_temperature": (1.0, 0.4),
            "learning_rate": (3e-4 if self.layers == "all" else 2e-3, 1e-5),
        }
        for name, (of_shipped, of_others) in fitting.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, of_shipped if self.model in SHIPPED else of_others)
        self._require_ranges()
        self._require_choices()
        self._refuse_contradictions()
        self._refuse_what_the_engine_cannot()
        self.play  # noqa: B018  (checks the history)

    def _require_ranges(self) -> None:
        counts = ("iterations", "tasks_per_iteration", "group_size", "epochs", "minibatches")
        require(self, *counts, "response_limit", "checkpoint_every", "parallel", at_least=1)
        require(self, "tokens_per_forward", at_least=1)
        weights = ("omega", "invalid_penalty", "beta", "importance_cap", "weight_decay")
        require(self, *weights, "seed", "warmup", "decay", "lora_rank", at_least=0)
        require(self, "dynamic_sampling", "minibatch_rows", at_least=0)
        if self.sequence_mask and not self.sequence_mask >= 1:
            raise ValueError(f"sequence_mask must be 0 or at least 1, got {self.sequence_mask}")
        require(self, "eval_every", "eval_temperature", "retries", "step_timeout", at_least=0)
        require(self, "max_grad_norm", "clip_low", "clip_high", above=0)
        require(self, "temperature", "boost", "eval_top_p", above=0)
        require(self, "learning_rate", above=0, at_most=LARGEST_RATE)
        if self.boost_layers and not self.learning_rate * self.boost <= LARGEST_RATE:
            raise ValueError(
                f"learning_rate times boost must be at most {LARGEST_RATE}, got {self.learning_rate} times "
                f"{self.boost}"
            )
        require(self, "gamma", at_least=0, at_most=1)
        require(self, "eval_top_p", at_most=1)
        require(self, "eval_response_limit", at_least=0)
        require(self, "eval_tasks", at_least=1 if self.eval_every else 0)

    def _require_choices(self) -> None:
        if self.top_p != 1:
            raise ValueError(
                f"top_p must be 1 in training, got {self.top_p}: the log-probabilities that are learned from "
                "are those of the whole distribution; eval_top_p may be lower"
            )
        if self.kl not in ("k2", "k3"):
            raise ValueError(
                f"kl is k2 or k3, got {self.kl!r} (k1 has no gradient on average, so it would do nothing)"
            )
        if self.dtype not in ("float32", "bfloat16"):  # float16 would need its losses scaled
            raise ValueError(f"dtype is float32 or bfloat16, got {self.dtype!r}")
        if self.engine not in ("onelayer", "vllm"):
            raise ValueError(f"engine is onelayer or vllm, got {self.engine!r}")

    def _refuse_contradictions(self) -> None:
        if self.tokens_per_forward is not None and self.tokens_per_forward < self.response_limit:
            raise ValueError(
                f"tokens_per_forward={self.tokens_per_forward} has no room for a reply of "
                f"response_limit={self.response_limit} tokens; raise it, or leave it out"
            )
        if self.dynamic_sampling and self.group_size == 1:
            raise ValueError(
                "dynamic_sampling needs a group_size of at least 2: an episode alone earns the same as all "
                "others of its task"
            )
        if self.minibatch_rows and self.minibatches > 1:
            raise ValueError(
                f"minibatches={self.minibatches} and minibatch_rows={self.minibatch_rows} say the same thing "
                "in two ways; leave one out"
            )
        if self.lora_rank and self.train_embeddings:
            raise ValueError("lora_rank trains adapters in the layers; leave train_embeddings out")
        if mask_seed(self.layers) is not None and (self.lora_rank or self.train_embeddings):
            raise ValueError(
                f"layers={self.layers} trains single numbers of the layers; leave lora_rank and "
                "train_embeddings out"
            )
        if self.shard and (self.lora_rank or not trains_everything(self.layers)):
            what = "adapters need" if self.lora_rank else f"layers={self.layers} needs"
            raise ValueError(
                f"shard is for layers=all; {what} no sharding: what is frozen has no gradient and no "
                "optimizer state, and every process holds it whole"
            )

    def _refuse_what_the_engine_cannot(self) -> None:
        if self.engine == "vllm" and not self.server:
            raise ValueError(
                f"engine vllm needs --server URL; start one with `onelayer serve {self.model}`"
            )
        if self.engine == "vllm" and self.shard:
            raise ValueError("shard plays in the processes that learn; leave --engine vllm out")
        if self.engine != "vllm" and (self.server or self.server_files):
            raise ValueError(
                "server and server_files are of --engine vllm; name that, or leave them out"
            )

    @property
    def folder(self) -> Path:
        """The run folder: ``out``, or one named after what is trained."""
        words = world_of(self.env), self.algorithm_name, self.layers, str(self.seed)
        return run_folder(self.out, *words)

    @property
    def algorithm_name(self) -> str:
        """The estimator's name, without the file that registers it."""
        return self.algorithm.rpartition(":")[2]

    def estimator(self) -> Estimator:
        """Return the estimator.

        Raises:
            ValueError: there is none of that name, or it takes no such arguments.
            UnknownName: there is no file or module that is to register it.
        """
        given = parse_mapping(self.algorithm_args, "--algorithm-args", "{levels: 4}")
        return estimator(self.algorithm, given)

    @property
    def play(self) -> Play:
        """How the model plays in training."""
        return Play.of(asdict(self))

    @property
    def eval_play(self) -> Play:
        """How it plays in evaluation."""
        return replace(
            self.play,
            temperature=self.eval_temperature,
            top_p=self.eval_top_p,
            response_limit=self.eval_response_limit or self.response_limit,
        )

    @property
    def importance_limit(self) -> float:
        """``importance_cap``, or its default; 0: tokens are not weighted."""
        if self.importance_cap is not None:
            return self.importance_cap
        return 2.0 if self.dtype == "bfloat16" or self.engine == "vllm" else 0.0

    def resume_key(self) -> dict[str, Any]:
        """Return the fields that a resumed run must share with the run it goes on from."""
        free = {"out", "resume", "iterations", "checkpoint_every", "log_with"}
        free |= {"tokens_per_forward", "gradient_checkpointing", "shard"}
        free |= {"retries", "step_timeout", "parallel", "server", "server_files"}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in free}
