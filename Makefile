# Two commands matter: `make demo` and `make test`. Both set up what they need in .venv and can be repeated.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check format lint types arrows lock clean

## demo: search for a better circle packing, without a key, GPU or Docker; prints where the report is
demo: $(STAMP)
	$(BIN)/evolve demo

## test: the whole test suite
test: $(STAMP)
	$(BIN)/python -m pytest

## check: everything that CI runs
check: lint types arrows test

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

arrows: $(STAMP)
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

## lock: resolve pyproject.toml anew into requirements.lock (needs uv)
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev --no-header pyproject.toml -o requirements.lock

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "expected Python 3.11 or newer, found " + sys.version.split()[0] + "; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
