# What one does with Almakane; `make` alone lists it. It needs make and python3 with venv, no more.

PYTHON ?= python3
BIN := .venv/bin
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/*.po))

# A list is installed by uv, which is quick and asks the public index; pip, which may have been told
# of another one, does it where uv cannot. Either refuses a file whose hash is not in the list.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python --link-mode copy \
	--compile-bytecode --require-hashes -r $(1) \
	|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup ready catalogues demo run seed test check faults bench bench-peers lint types layers pure suite lock

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)


# Set-up

setup: ready .venv/.test .venv/.browser  ## make .venv with everything that the tests need

ready: .venv/.run catalogues

catalogues: $(CATALOGUES)

.venv/.python: requirements/setup.txt
	@command -v $(PYTHON) >/dev/null || { echo "Almakane needs Python 3.11 or newer: no $(PYTHON) was found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Almakane needs Python 3.11 or newer: set PYTHON to one, as in make PYTHON=python3.12." >&2; exit 1; }
	@echo "Making .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/setup.txt
	@touch $@

.venv/.run: .venv/.python requirements/run.txt pyproject.toml
	@echo "Installing Almakane ..."
	@$(call install,requirements/run.txt)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test: .venv/.run requirements/test.txt
	@echo "Installing what the tests need ..."
	@$(call install,requirements/test.txt)
	@touch $@

.venv/.browser: .venv/.test
	@$(BIN)/python -m tests.browser.chromium
	@touch $@

translations/%.mo: translations/%.po .venv/.run
	@$(BIN)/pybabel -q compile -i $< -o $@


# The shop

demo: ready  ## a shop with half a year of sales to look at, on this machine
	@$(BIN)/almakane demo

run: ready  ## serve your own shop, as docs/settings.md says
	@$(BIN)/almakane serve

seed: ready  ## fill an empty database with the examples of the demo
	@$(BIN)/almakane seed


# The proof

test:  ## everything: lint, types, layers and the suite on SQLite and PostgreSQL
	@$(PYTHON) tools/stages.py setup lint types layers suite

check:  ## the quick part of it: lint, types, layers and the tests without a database
	@$(PYTHON) tools/stages.py setup lint types layers pure

faults:  ## the suite with large counts: kills by the hundred, thousands of examples
	@ALMAKANE_FAULTS=1 $(PYTHON) tools/stages.py setup suite

bench: setup  ## measure the speed goals on this machine
	@$(BIN)/python -m bench

bench-peers: setup .venv/peers/.ready  ## measure the street's pages beside django-oscar's
	@$(BIN)/python -m bench.peers

.venv/peers/.ready: .venv/.run requirements/peers.txt
	@echo "Installing django-oscar, beside Almakane ..."
	@$(PYTHON) -m venv .venv/peers
	@$(BIN)/uv pip install --quiet --python .venv/peers/bin/python --link-mode copy --require-hashes \
		-r requirements/peers.txt \
		|| .venv/peers/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements/peers.txt
	@touch $@

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@if [ -d templates ]; then $(BIN)/djlint --quiet --lint templates; fi

types:
	@$(BIN)/mypy

layers:
	@$(BIN)/lint-imports --no-cache --no-logo

pure:
	@$(BIN)/pytest -n auto -m "not database"

suite:
	@$(BIN)/pytest -n auto --dist worksteal


# Upkeep

lock: .venv/.python  ## compile the requirement lists anew (UPGRADE=--upgrade takes newer versions)
	@$(call compile,run,pyproject.toml)
	@$(call compile,test,pyproject.toml --group test --constraint requirements/run.txt)
	@$(call compile,setup,--group setup)
	@$(call compile,peers,--group peers)

# Names, versions and hashes; no address, so that each machine asks its own index.
compile = $(BIN)/uv pip compile $(2) --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(UPGRADE) \
	-o requirements/$(1).txt >/dev/null
