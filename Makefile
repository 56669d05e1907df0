# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every target does its own set-up: it needs Python 3.11 or newer (with venv), git and make, and writes to .venv and build.
# `make help` lists the targets. Arguments for pytest: make unit ARGS="-k login -x"

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The first Python that is new enough; `make PYTHON=/path/to/python3` overrules.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$python; break; }; done)
ARGS ?=
# How many processes run the tests; 0 is this one (for a debugger).
WORKERS ?= 2
# One cell of the matrix or one ansible-core for sanity alone: make matrix CELL=2.20-py3.12, make sanity CELL=2.20
CELL ?=
MATRIX_CORES ?=
MATRIX_ALL ?=
# The share (0 to 1) of each matrix of faults that `make faults` plays, and which share that is (a number); see tests/faults/cells.py.
FAULTS_SHARE ?=
FAULTS_SEED ?= 0
# The unit tests of the collection. Those of the simulator know nothing of ansible-core: `make test` runs them, once.
UNIT := --ignore=tests/unit/simulator --ignore=tests/unit/sdk tests/unit
VERSION := $(shell sed -n 's/^version: *//p' galaxy.yml)
TARBALL := build/dataprotection-access-$(VERSION).tar.gz
INSTALLED := build/installed/ansible_collections/dataprotection/access
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

# Nothing of the caller's own set-up takes part.
export ANSIBLE_CONFIG := $(CURDIR)/tests/ansible.cfg
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/build/collections
export PYTHONPATH :=
export UNIT
export FAULTS_SHARE
export FAULTS_SEED
# Which releases of ansible-core, and how many Pythons of each: for make matrix, sanity and integration.
export MATRIX_CORES
export MATRIX_ALL
# Commands that look for their kin on PATH (ansible-lint calls ansible-galaxy) find those of .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help demo simulator test unit lint sanity matrix libraries integration cores bench leaks awx faults docs docs-check build changelog pins format clean tree installed

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 12

demo: installed  ## playbooks get, use, renew, list, look up and revoke tokens of both products, against the simulator
	@ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/build/installed $(BIN)/python demo/run.py

simulator: .venv/run.stamp  ## both products as simulated servers on this machine, until Ctrl-C; ARGS=--help lists its options
	$(BIN)/python -m tests.simulator $(ARGS)

test: .venv/test.stamp  ## unit and integration tests, those of the simulator among them
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" tests/unit tests/integration $(ARGS)

unit: .venv/test.stamp  ## unit tests of the collection
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" $(UNIT) $(ARGS)

leaks: .venv/test.stamp build/ansible/leaks.stamp  ## no secret in anything that ansible writes
	$(BIN)/python -m pytest -n $(WORKERS) tests/leaks $(ARGS)

awx: .venv/test.stamp build/ansible/leaks.stamp build/awx/awx.stamp  ## the AWX kit: AWX's rules, its credential code, and jobs as it runs them
	$(BIN)/python -m pytest -n $(WORKERS) tests/awx $(ARGS)

faults: .venv/test.stamp  ## crash matrix, concurrency, fault runs
	$(BIN)/python -m pytest -m slow tests $(ARGS)

bench: tree .venv/test.stamp  ## time and requests, beside ansible.builtin.uri and set_fact
	$(BIN)/python benchmarks/bench.py $(ARGS)

lint: tree installed .venv/lint.stamp  ## style, types, documentation, licences, and what Galaxy says to the tarball
	@status=0; \
	check() { echo "== $$*"; $(CURDIR)/$(BIN)/"$$@" || status=1; }; \
	check ruff check .; \
	check ruff format --check .; \
	check mypy; \
	check yamllint --strict .; \
	check ansible-lint --offline; \
	check python docs/lint.py lint-collection-docs --plugin-docs --validate-collection-refs all --disallow-unknown-collection-refs --check-extra-docs-refs .; \
	check antsibull-changelog lint; \
	check reuse lint --lines; \
	check nox --session galaxy -- $(TARBALL); \
	cd $(INSTALLED); \
	ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/build/installed check ansible-lint --offline --profile production; \
	exit $$status

sanity: .venv/lint.stamp  ## ansible-test sanity on every supported ansible-core
	$(BIN)/nox --session $(if $(CELL),"sanity($(CELL))",matrix_complete sanity) $(if $(ARGS),-- $(ARGS))

matrix: .venv/lint.stamp build/ansible/leaks.stamp build/awx/awx.stamp  ## unit, integration, leak and AWX tests on every supported ansible-core
	$(BIN)/nox --session $(if $(CELL),"matrix($(CELL))",matrix_complete matrix) $(if $(ARGS),-- $(ARGS))

libraries: .venv/lint.stamp  ## unit and integration tests with the lowest and the newest requests, urllib3 and hvac
	$(BIN)/nox --session $(if $(CELL),"libraries($(CELL))",libraries) $(if $(ARGS),-- $(ARGS))

integration: .venv/lint.stamp  ## ansible-test integration on every supported ansible-core
	$(BIN)/nox --session $(if $(CELL),"integration($(CELL))",matrix_complete integration) $(if $(ARGS),-- $(ARGS))

# One Python a line, as actions/setup-python takes them; the last is the one that make itself takes.
cores: .venv/run.stamp  ## the supported releases of ansible-core and their Pythons, as JSON for the workflows
	@$(BIN)/python -c 'import json, yaml; cores = yaml.safe_load(open("requirements/cores.yml")); \
		print(json.dumps([{"core": core, "pythons": "\n".join(["3.9", *pythons])} for core, pythons in cores.items()]))'

docs: tree .venv/lint.stamp  ## the documentation as HTML, in build/docs/html
	@rm -rf build/docs
	@mkdir -p build/docs/rst
	@chmod go-w build/docs/rst  # antsibull-docs insists
	$(BIN)/antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir build/docs/rst dataprotection.access
	@cp docs/docsite/rst/*.svg build/docs/rst/docsite/  # antsibull-docs copies pages alone
	$(BIN)/sphinx-build --quiet --fail-on-warning --builder html --conf-dir docs build/docs/rst build/docs/html
	@echo "The pages: file://$(CURDIR)/build/docs/html/index.html"

docs-check: docs .venv/test.stamp  ## look at each page in a browser (Chromium): error boxes, links, search, a phone's width
	$(BIN)/python -m pytest tests/docs $(ARGS)

build: $(TARBALL)  ## the collection's tarball, in build

changelog: tree .venv/lint.stamp  ## CHANGELOG.md from changelogs/fragments, for the version in galaxy.yml
	$(BIN)/antsibull-changelog release --update-existing

pins: .venv/lint.stamp  ## newest versions that fit together into requirements/*.txt
	$(BIN)/nox --session pins

format: .venv/lint.stamp  ## fix what ruff can fix
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean:  ## remove all that these targets made
	rm -rf build .venv .ansible .ruff_cache

# The working tree, where ansible looks for it.
tree:
	@$(PYTHON) tests/tree.py >/dev/null

# The tarball, where ansible looks for it.
installed: $(TARBALL)
	@ANSIBLE_COLLECTIONS_PATH=build/installed $(BIN)/ansible-galaxy collection install --force --offline --collections-path build/installed $(TARBALL) >build/install.log \
		|| { cat build/install.log; exit 1; }

$(TARBALL): .venv/run.stamp $(wildcard $(shell git ls-files --cached --others --exclude-standard 2>/dev/null))
	@mkdir -p build
	@$(BIN)/ansible-galaxy collection build --force --output-path build

.venv/run.stamp: requirements/run.txt
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(BIN)/python -c "" 2>/dev/null || $(PYTHON) -m venv --clear .venv || { echo \
		"$(PYTHON) cannot make a virtual environment (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo 'installing $<'
	@$(PIP) -r $<
	@touch $@

# Collections as they come inside of the package ansible, and AWX's own code, apart from .venv: nothing else is to find them.
build/ansible/leaks.stamp: requirements/leaks.txt .venv/run.stamp
build/awx/awx.stamp: requirements/awx.txt .venv/run.stamp
build/ansible/leaks.stamp build/awx/awx.stamp:
	@echo 'installing $<'
	@rm -rf $(@D)
	@$(PIP) --no-deps --no-compile --target $(@D) -r $<
	@touch $@

.venv/%.stamp: requirements/%.txt .venv/run.stamp
	@echo 'installing $<'
	@$(PIP) -r $<
	@touch $@
