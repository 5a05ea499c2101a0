"""What the page of the second study says whatever its results are."""

HEAD = """\
# Which layer of a chat model is worth training: the second study

SmolLM2-135M-Instruct has 30 layers. On a CPU, ten of them were trained alone, beside full training, LoRA
and a random mask of one layer's size, and transplants: in sums and products, in comparing numbers, and in a
text world of several turns. Rates were chosen with seed 99, and the best layer by all seeds, both on *dev*
problems; scores are of *test* problems. A run that diverged counts as it ended. `python
benchmarks/study2.py page` makes this page and [that of all scores]({scores}) from the scores of every run
on every problem, `docs/results/study2/*.jsonl`; `study2.py run` measures what is missing from them.

    C(k) = (S_k - S_base) / (S_full - S_base)"""
SCORES = """\
# All scores of the second study

Every arm of every setting of [the study]({page}). *Chance to be best* is by the dev problems, which
choose."""
TASKS = """\
Runs of SmolLM2 start from the untouched model, which at temperature 1 answers with sentences about other
things:

- *sums*: two numbers of one or two digits, added, subtracted or multiplied;
- *comparisons*: the largest or the smallest of four numbers of two digits;
- *maze*: five squares a side, half of the walls open, the goal one to three moves away in any direction, four
  replies to find it; told are where the goal lies and which ways are open. A reply that names no open way
  costs a tenth of what the goal earns.

What can be had without understanding: naming any of the four numbers wins 25 % of the comparisons, and
always the largest 50 %; in the mazes the best of the rules that do not read where the goal is (always the
same way, the first or last one that is open, any) wins about 30 %.

*ALFWorld* is another model: the shipped `small` one, of eight layers, on ALFWorld's own games, with half
the episodes of `examples/alfworld.yaml`; rates as there, scores of 100 `valid_seen` games. Rates and recipe
were found by looking at `valid_seen` ([the small model](small-model.md))."""
MISSING = """\
**Missing from the raw results** (a setting is judged when all of its layers have two seeds; until then only
its scores are shown):"""
COSTS = """\
Of an iteration that learned, the second or a later one, each arm in a process of its own with one thread. How
many of its episodes teach something differs from arm to arm: whole runs, above, say more about time."""
TUNING = """\
One run each, with seed 99, of the study's length, in mazes of 12 iterations. Chosen is the highest on dev
(of several layers: their mean), or a lower rate within 5 points of it. With 100 problems a rate has a
standard error of up to 5 points, with 60 of 6."""
HOW = """\
- Intervals are of 10,000 resamples over problems and seeds, as in [the first study](study.md). The same
  problems are drawn for all arms of a setting, and for two settings of one task. With three seeds 95 %
  intervals are too narrow where seeds differ much: about 89 % of them hold where the standard deviation
  between seeds is a third of full training's gain ([profiles](profile.md)).
- *Cannot be told* is not *equal*. Verdicts are rules about single intervals, and are not corrected for
  their number.
- *Seeds needed*: if the effect is as it is seen and only seeds are added, about how many make half the
  interval as small as the effect; then half of such studies would tell. The part of the interval that is
  due to problems does not shrink, so it is a lower bound. For a rank correlation: the seeds with which the
  noise would leave enough of it for p of 0.05, judged by how well one half of the seeds ranks the layers as
  the other does.
- The best layer is chosen on dev, by the runs that are scored. A run that was lucky is so on dev and on
  test. So the findings on the best layer take off what it loses where each seed is scored in the layer that
  the other seeds choose.
- The rate of a layer was tuned with the layers that the table of rates names, and all other layers, LoRA
  and the mask have it too. That favours the layers it was tuned with.
- Random layers, in the two settings that have them, are 25 and 13; the first is the run of layer 25. So the
  findings hold the best layer against the mean of all that were measured.
- Sums and comparisons were measured by onelayer 0.2, which drew dev problems otherwise than now: the first
  ones of a sorted draw. Of the 150 sums of the test, 128 differ in their words, and 29 are also among the 100
  of dev; none is trained on. Comparisons come in pairs, the largest and the smallest of four numbers, and 47
  of 150 have the other one in dev.
- With ten equal layers, three seeds and a standard deviation between seeds of a third of full training's
  gain, *the best layer over the average layer* holds in 10 of 97 simulated studies (`pytest -m slow -s
  tests/evals/contribution/test_contributions.py`).
- Ten layers are too few to tell that the norm of a layer's change does not predict C.
- Mazes and problems are made up; the model is small; ten of thirty layers are measured. What holds here
  need not hold elsewhere."""
