"""What docs/code.md shows works."""

import json
import re
from pathlib import Path

from onelayer.envs.code import shipped
from onelayer.envs.code.catalogue import CATALOGUE
from onelayer.envs.code.environment import CodeEnv
from onelayer.envs.code.loading import Data, load_tasks
from onelayer.envs.code.sandboxes import Runner
from onelayer.envs.code.tasks import TEST, load_shipped
from onelayer.envs.sandbox import Limits

TEXT = (Path(__file__).parents[3] / "docs" / "code.md").read_text(encoding="utf-8")


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
    return [block for name, block in found if name == language]


def test_the_first_lines_solve_a_task(capsys, level, monkeypatch):
    code = blocks("python")[0].replace("max_turns=3", f"max_turns=3, level={level!r}, wall_s=60")
    exec(compile(code, "code.md", "exec"), {})
    shown = capsys.readouterr().out
    assert "Public tests: failed" in shown and "Public tests:\nsqueeze(" in shown
    assert shown.endswith("1.0 True\n")


def test_the_lines_about_the_sandbox_print_what_is_shown(capsys, level):
    (code,) = blocks("py")
    code = code.replace("Sandbox()", f"Sandbox({level!r})").replace("cpu_s=1", "cpu_s=1, wall_s=60")
    exec(compile(code, "code.md", "exec"), {})
    assert f"```py\n{blocks('py')[0]}```\n\n```\n{capsys.readouterr().out}```" in TEXT


def test_the_row_can_be_loaded(tmp_path, level):
    (row,) = blocks("json")
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(json.loads(row)))
    (task,) = load_tasks(Data(str(path)), "train", runner=Runner(level, Limits(wall_s=60)))
    assert task.id == "double"


def test_the_task_that_is_written_there_is_one(tmp_path, monkeypatch, sandbox):
    monkeypatch.setattr(shipped, "_written", dict(shipped._written))
    (tmp_path / "shown_topic.py").write_text(blocks("python")[1])
    monkeypatch.syspath_prepend(tmp_path)
    import shown_topic

    (written,) = shipped.shipped_tasks(["shown_topic"])
    task = written.task("train")
    assert shown_topic.count_vowels("Ae") == 2 and task.id == "shown_topic/count_vowels"
    assert sandbox.check(task.reference, task.hidden).passed
    (wrong,) = written.wrong_programs.values()
    assert sandbox.check(wrong, task.hidden).status == "failed"


def test_counts_names_and_defaults_are_right():
    tasks = load_shipped()
    assert (
        f"the {len(tasks)} that ship: {len(tasks) - len(TEST)} in `train`, {len(TEST)} in `test`"
        in TEXT
    )
    assert ", ".join(f"`{name}`" for name in CATALOGUE) in TEXT
    env = CodeEnv()
    limits = env.runner.limits
    assert env.max_steps == 3 and (limits.cpu_s, limits.wall_seconds) == (5, 17)
    assert (limits.memory_mb, limits.disk_mb, limits.output_kb) == (512, 16, 64)
