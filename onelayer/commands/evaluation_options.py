"""The flags of `onelayer eval`."""

from dataclasses import dataclass
from typing import Literal

from onelayer.settings import option, require


@dataclass(frozen=True, slots=True)
class Config:
    """One evaluation; with ``compare`` or ``rescore``, what to do with evaluations that exist already."""

    run: str = option(
        "",
        "run folder, or a model: `tiny`, `small`, a transformers folder, a hub id",
        positional=True,
    )
    suite: str = option(
        "",
        "name of a suite (`onelayer suites list`) or a .yaml file; default: the run's environment, "
        "held-out split",
        section="what is played",
    )
    endpoint: str = option(
        "",
        "URL of an OpenAI-compatible server to evaluate instead of a run",
        section="a served model",
    )
    model: str = option("", "what the server calls the model; default: its only one")
    games: str | None = option(
        None,
        "real ALFWorld games: a folder in the $ALFWORLD_DATA layout, or a .jsonl[.xz] file",
        section="what is played",
    )
    split: str | None = option(None, "split to play instead of the suite's")
    env_args: str = option("", "YAML mapping of environment arguments over the suite's")
    episodes: int | None = option(None, "episodes to play instead of the suite's number")
    tasks: str = option("", "ids of the tasks to play instead of the suite's, separated by commas")
    kind: list[str] = option([], "of the suite's tasks only those of these kinds")
    limit: int | None = option(None, "of the suite's tasks only so many")
    shuffle: bool = option(False, "play the tasks in an order drawn with the seed; for --limit")
    seed: int | None = option(None, "seed instead of the suite's: of tasks and sampling")
    base: bool = option(True, "also play the base model, before training", section="who plays")
    random: bool = option(True, "also play a random agent, where actions are listed")
    expert: bool = option(True, "also play the expert, where one searches or knows the solution")
    checkpoint: bool = option(False, "play a run's newest checkpoint instead of its final layer")
    allow_overlap: bool = option(
        False, "play tasks although the run was trained on some of them", section="what is played"
    )
    compare: list[str] = option(
        [],
        "evaluations to compare: each a run, RUN:AGENT or results.json[:AGENT]; several seeds of one arm are "
        "joined by commas",
        section="evaluations that were made",
    )
    rescore: str = option("", "results to grade again by today's environments, without playing")
    out: str = option("", "folder of the results; default: RUN/eval/SUITE", section="output")
    fresh: bool = option(False, "start over instead of going on from what is in `out`")
    retry_errors: bool = option(
        False, "play those episodes again that ended in an error", section="errors"
    )
    leave_out_errors: bool = option(
        False, "leave episodes with an error out of the figures, where they count as not solved"
    )
    step_timeout: float | None = option(
        None,
        "seconds that a reset or a step may take, 0: any; default: any, or 600 where the environment waits "
        "for others",
    )
    errors_in_a_row: int = option(
        20, "stop after so many episodes in a row that ended in an error; 0 never stops"
    )
    log_format: Literal["json", "inspect"] = option(
        "json", "`inspect` also writes logs that inspect_ai's viewer opens", section="output"
    )
    keep_tokens: bool = option(False, "keep each sampled token with its log-probability")
    parallel: int = option(32, "episodes that run at once", section="rollout")
    concurrency: int | None = option(
        None, "requests to --endpoint at once; default: --parallel", section="a served model"
    )
    request_timeout: float = option(600.0, "seconds that one answer of --endpoint may take")
    retries: int = option(8, "times that a failed request is sent again")
    key_from: str = option("OPENAI_API_KEY", "environment variable that holds the server's key")
    price_read: float | None = option(None, "US$ of a million prompt tokens, for the cost")
    price_written: float | None = option(None, "US$ of a million tokens of replies")
    temperature: float | None = option(
        None, "of sampling; default: the run's eval_temperature", section="rollout"
    )
    top_p: float | None = option(None, "of sampling; default: the run's eval_top_p")
    response_limit: int | None = option(None, "tokens of a reply; default: the run's")
    history: str | None = option(None, "`all`, or pairs shown; default: the run's")
    show_admissible: bool | None = option(None, "list legal actions; default: as the run did")
    thinking: bool | None = option(None, "ask for a thought; default: as the run did")
    dtype: str = option("float32", "of the weights of a model without a run", section="model")
    device: str = option("auto", "where the model runs: auto, cpu, cuda, ...")

    def __post_init__(self) -> None:
        counts = ("episodes", "limit", "parallel", "concurrency", "response_limit")
        require(self, *counts, at_least=1)
        sizes = ("seed", "temperature", "errors_in_a_row", "retries", "price_read", "price_written")
        require(self, *sizes, at_least=0)
        require(self, "top_p", above=0, at_most=1)
        require(self, "request_timeout", above=0)
        if len(self.compare) == 1:
            raise ValueError("--compare takes two evaluations, got 1; more may follow")
        if self.endpoint and self.run:
            raise ValueError(f"evaluate {self.run} or --endpoint {self.endpoint}, not both at once")
        if self.model and not self.endpoint:
            raise ValueError(
                f"--model {self.model} names a model of --endpoint URL; for one on this "
                f"machine: onelayer eval {self.model}"
            )

    @property
    def at_once(self) -> int:
        """How many episodes run at once, and so how many requests."""
        return self.concurrency or self.parallel

    @property
    def prices(self) -> dict[str, float]:
        """US$ of a million tokens; empty where no price is given."""
        given = {"read": self.price_read, "written": self.price_written}
        return {name: price for name, price in given.items() if price is not None}
