# Every target sets up what it needs by itself: `make demo` and `make test` work in a fresh clone.

PYTHON := $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed
# A process for each core, one thread each; a file's tests stay in one process. Files start by name:
# by their number of tests, as xdist would have it, the few tests that train come last and alone.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile \
	--no-loadscope-reorder
DOCS_STAMP := .venv/.docs-installed

.DEFAULT_GOAL := help
.PHONY: help setup demo reproduce test test-all interop lint format docs clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

setup: $(STAMP) ## make .venv and install everything, if anything changed
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -c constraints.txt -e '.[baselines,dev]'
	@touch $@

demo: setup ## train a team of tiny models and measure it (10 to 20 minutes on two cores)
	$(BIN)/python -m baselines.demo

reproduce: setup ## measure the reference's figures in teams of 2, 3 and 4 (an hour and a half on two cores)
	$(BIN)/python -m baselines.reproduce

test: lint ## lint, type check and all tests but the slow ones
	$(PYTEST) -m "not slow"

test-all: lint ## the same with the slow tests
	$(PYTEST)

WITH ?= $(LIB)
interop: ## train through another library, in a venv of its own: make interop LIB=torchrl
	@test -f "tests/interop/run_$(LIB).py" || { echo "LIB is one of:" \
		$(patsubst tests/interop/run_%.py,%,$(wildcard tests/interop/run_*.py)); exit 2; }
	test -x .venv-interop/$(WITH)/bin/python || $(PYTHON) -m venv .venv-interop/$(WITH)
	.venv-interop/$(WITH)/bin/python -m pip install -q -r tests/interop/$(WITH).txt -e '.[coding]'
	.venv-interop/$(WITH)/bin/python tests/interop/versions.py tests/interop/$(WITH).txt
	.venv-interop/$(WITH)/bin/python -W ignore tests/interop/run_$(LIB).py

lint: setup ## ruff and the strict type check of the core
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict llm_collab_envs

format: setup ## fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DOCS_STAMP) ## build the documentation site into build/docs/html
	$(BIN)/python docs/generate.py build/docs/pages
	$(BIN)/python -m sphinx -W --keep-going -q -c docs build/docs/pages build/docs/html

$(DOCS_STAMP): $(STAMP)
	$(BIN)/python -m pip install -c constraints.txt -e '.[docs]'
	@touch $@

clean: ## remove caches and builds, but neither .venv, .venv-interop nor runs/
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
