# Callme. `make help` lists what can be done; each target does its own set-up.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --upgrade pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help demo test chaos bench lock format clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

demo: .venv/runtime ## everything on this machine, with a sample landing page; Ctrl-C ends it
	@$(BIN)/python -m webapp demo

test: .venv/dev ## everything CI runs: format, lint, types, imports, tests, browser tests
	@$(BIN)/python -m tests.install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -n 3 --cov

chaos: .venv/dev ## kill, freeze and cut off servers for long, then compare the ledgers
	@$(BIN)/python -m tests.install
	@$(BIN)/python -m tests.chaos

bench: .venv/dev ## measure speed and size, print a table
	@$(BIN)/python -m benchmarks

lock: .venv/dev ## write requirements/*.txt from pyproject.toml, newest versions
	$(UV_COMPILE) --output-file requirements/runtime.txt
	$(UV_COMPILE) --all-extras --output-file requirements/dev.txt

format: .venv/dev ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the virtual environment and everything that was built
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage*

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Callme needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv

# --no-deps: the lock is whole. Asked to resolve as well, pip looks at newer releases of a package that
# another one wants with an extra, and stops as these have no hash in the lock.
.venv/runtime: requirements/runtime.txt | .venv/bin/python
	$(PIP) --no-deps --require-hashes -r requirements/runtime.txt
	@touch $@

.venv/dev: requirements/dev.txt pyproject.toml | .venv/bin/python
	$(PIP) --no-deps --require-hashes -r requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ .venv/runtime
