# Callme. `make help` lists what can be done; each target does its own set-up.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --upgrade pyproject.toml

define LINT
$(BIN)/ruff format --check .
$(BIN)/ruff check .
$(BIN)/mypy
$(BIN)/lint-imports --no-logo
endef

# Where no compiled modules may be kept, each of the tests' many processes compiles all of them anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check chaos bench image release lock format clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

demo: .venv/runtime ## everything on this machine, with a sample landing page; Ctrl-C ends it
	@$(BIN)/python -m webapp demo

test: .venv/dev ## everything CI runs: format, lint, types, imports, tests, browser tests
	@$(BIN)/python -m tests.install
	$(LINT)
	$(BIN)/pytest -n 4 --cov

check: .venv/dev ## while you work, within a minute: format, lint, types, imports, unit and web tests
	$(LINT)
	$(BIN)/pytest -n 4 tests/unit tests/web -m "not process"

chaos: .venv/dev ## kill, freeze and cut off servers for long, then compare the ledgers
	@CALLME_TEST_STORES=required $(BIN)/python -m tests.install
	@$(BIN)/python -m tests.chaos

bench: .venv/dev ## measure speed and size, print a table
	@$(BIN)/python -m benchmarks

image: .venv/dev ## rehearse the container image's Dockerfile in a bare Debian; as root
	@$(BIN)/python -m tests.deploy.rehearsal

# The commit's own time stands in the archives, so that a second build has the same bytes.
release: .venv/release ## sdist, wheel and bill of materials in dist/, packages looked up in the list of known faults
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file dist/callme.cdx.json requirements/server.txt
	$(BIN)/pip-audit --no-deps --disable-pip --requirement requirements/server.txt

lock: .venv/dev ## write requirements/*.txt from pyproject.toml, newest versions
	$(UV_COMPILE) --output-file requirements/runtime.txt
	$(UV_COMPILE) --extra postgres --extra redis --output-file requirements/server.txt
	$(UV_COMPILE) --extra postgres --extra redis --extra dev --output-file requirements/dev.txt
	$(UV_COMPILE) --all-extras --output-file requirements/release.txt

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

.venv/release: requirements/release.txt | .venv/dev
	$(PIP) --no-deps --require-hashes -r requirements/release.txt
	@touch $@
