# Foreworn's everyday commands. Needs Python 3.11 or newer, and make.
PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help setup demo test check lint mutants wheel bench reference lock

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with everything in requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Foreworn needs Python 3.11 or newer: name one with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY) ## Simulate a plant, let it live, act on the forecasts, and leave the console open
	$(BIN)/foreworn demo

test: $(READY) ## Run every test and doctest; those whose server is not on PATH are skipped and say so
	$(BIN)/python -m pytest -n logical --dist loadfile

check: lint test mutants wheel ## Everything that must be green before a change goes in

lint: $(READY) ## Check format, style, types and import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

mutants: $(READY) ## Seed each known fault and see the test it names turn red
	$(BIN)/python -m tests.mutants

wheel: $(READY) ## Build the wheel, install it in an empty environment and start it once
	$(BIN)/python -m tests.wheel

bench: $(READY) ## Run the benchmarks in their short form; FOREWORN_DATA names the folder of the data sets
	$(BIN)/python -m benchmarks --short

reference: $(READY) ## Write docs/reference and the SQL contract again from the code
	$(BIN)/python -m docs.generate
	$(BIN)/python -m foreworn.storage.operations.sql.schema > docs/contracts/sql-schema.sql

lock: ## Resolve pyproject.toml's dependencies anew into requirements.lock; needs uv
	$(UV) pip compile pyproject.toml --universal --python-version 3.11 --all-extras --group dev \
	  --generate-hashes --no-emit-index-url --no-header --upgrade --quiet -o requirements.lock
