"""What the README shows works as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_environment_of_the_readme_is_that_of_the_examples_and_passes_the_check(tmp_path):
    block = next(block for block in BLOCKS if "class Reverse" in block)
    (tmp_path / "my_envs.py").write_text(block)
    command = [sys.executable, "-m", "onelayer", "envs", "check", "my_envs:Reverse-v0"]
    subprocess.run(command, cwd=tmp_path, check=True)
    example = (ROOT / "examples" / "my_envs.py").read_text()
    assert [line for line in block.splitlines() if "return" in line] == [
        line.partition("  #")[0] for line in example.splitlines() if "return" in line
    ]


@pytest.mark.slow
def test_the_training_of_the_readme_runs(tmp_path):
    block = next(block for block in BLOCKS if "Trainer" in block)
    subprocess.run([sys.executable, "-c", block], cwd=tmp_path, check=True)
    assert (tmp_path / "runs" / "mine" / "layer.safetensors").exists()


def test_every_file_that_the_readme_links_to_exists():
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (ROOT / link).exists(), link
