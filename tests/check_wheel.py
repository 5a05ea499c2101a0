"""Build sdist and wheel, install the wheel elsewhere, and use it from there; run by `make wheel`."""

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = (
    "onelayer/cli.py",
    "onelayer/envs/alfworld/native_engine.py",
    "onelayer/agents/tiny/model.safetensors",
    "onelayer/agents/tiny/tokenizer.json",
    "onelayer/agents/small/model.safetensors",
    "onelayer/evals/suites/alfworld.yaml",
    "onelayer/py.typed",
)


def main() -> None:
    """Exit with an error where the built package is not whole."""
    with tempfile.TemporaryDirectory() as scratch:
        dist, target = Path(scratch, "dist"), Path(scratch, "site")
        run(
            sys.executable, "-m", "build", "--outdir", str(dist), str(ROOT)
        )  # sdist, then its wheel
        wheel = next(dist.glob("*.whl"))
        names = zipfile.ZipFile(wheel).namelist()
        missing = [name for name in NEEDED if name not in names]
        assert not missing, f"the wheel lacks {missing}"
        stray = {name.split("/")[0] for name in names} - {"onelayer"}
        assert all(name.endswith(".dist-info") for name in stray), f"the wheel installs {stray}"
        run(
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(target),
            str(wheel),
        )
        check = (
            "import onelayer.envs, onelayer.agents.models as m, gymnasium as gym\n"
            f"assert m.__file__.startswith({str(target)!r}), m.__file__\n"
            "model, tokenizer = m.load_model('small')\n"
            "env = gym.make('onelayer/ALFWorld-v0', room_size=4)\n"
            "print(env.reset(seed=0)[0])\n"
        )
        run(
            sys.executable,
            "-P",
            "-c",
            check,
            cwd=scratch,
            env={**os.environ, "PYTHONPATH": str(target)},
        )
    print(f"{wheel.name}: {len(names)} files, whole")


def run(*command: str, **options: object) -> None:
    """Run a command and fail with it."""
    subprocess.run(command, check=True, **options)  # type: ignore[call-overload]


if __name__ == "__main__":
    main()
