# Everything on a fresh machine. Only Python 3.11 or later, make and, on Linux, apt or the line that is printed.
#
#   make run     set everything up and open the app           make test    set everything up and run all tests
#   make check   linters, types, arrows                       make bench   the speed table
#   make test-all also the tests that start several trainers and wait for them
#   make package the app as one folder without Python, in dist/, and its tests
#
# make run PYTHON=python3.12 takes another Python; make run OPEN=BUNDLE opens a bundle; make bench BENCH=--quick tries it out.

SHELL := bash
.SHELLFLAGS := -e -u -o pipefail -c
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:

PYTHON ?= python3
OPEN ?=
BENCH ?=
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
WORKERS ?= $(shell echo $$(($(CORES) < 8 ? $(CORES) : 8)))

VENV := .venv
BIN := $(VENV)/bin
PACKAGE_VENV := packaging/.venv
PACKAGE_BIN := $(PACKAGE_VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# One line for each package that is fetched, none for what is there already.
BRIEFLY := awk '/^(  Downloading|  Using cached|Installing)/ { print substr($$0, 1, 100); fflush() }'

.PHONY: run test test-all check bench package clean

run: $(VENV)/base.stamp
	@$(BIN)/python packaging/check_system.py qt
	@$(BIN)/latent-explorer $(OPEN)

test: $(VENV)/test.stamp
	@$(BIN)/python packaging/check_system.py qt
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-all: $(VENV)/test.stamp
	@$(BIN)/python packaging/check_system.py qt
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m ""

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/pyright
	$(BIN)/typos
	$(BIN)/validate-pyproject pyproject.toml

bench: $(VENV)/test.stamp
	@$(BIN)/python -m tests.benchmarks $(BENCH)

# In an environment of its own, so that nothing of the trainers and of a developer's tools can get in.
package: $(PACKAGE_VENV)/package.stamp
	@$(PACKAGE_BIN)/python packaging/check_system.py package
	@$(PACKAGE_BIN)/python packaging/make_package.py
	@$(PACKAGE_BIN)/python -m pytest -m package tests/packaging/test_package.py

clean:
	rm -rf $(VENV) $(PACKAGE_VENV) build dist

$(BIN)/python:
	@$(PYTHON) packaging/check_system.py python
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --quiet --upgrade 'pip>=25.1'  # the first that reads dependency groups

# A stamp is newer than pyproject.toml once the install is done, so the second time takes no time.
$(VENV)/base.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing the app: about 400 MB, once"
	@$(PIP) install --editable . | $(BRIEFLY)
	@touch $@

$(VENV)/test.stamp: pyproject.toml packaging/constraints.txt $(VENV)/base.stamp
	@echo "Installing the trainers and the tests: PyTorch is large, once"
	@$(PIP) install --editable '.[train]' --group test --constraint packaging/constraints.txt | $(BRIEFLY)
	@touch $@

$(VENV)/dev.stamp: pyproject.toml $(VENV)/test.stamp
	@$(PIP) install --group dev | $(BRIEFLY)
	@touch $@

$(PACKAGE_VENV)/package.stamp: pyproject.toml
	@$(PYTHON) packaging/check_system.py python
	@echo "Making the virtual environment $(PACKAGE_VENV): about 400 MB, once"
	@$(PYTHON) -m venv $(PACKAGE_VENV)
	@$(PACKAGE_BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(PACKAGE_BIN)/python -m pip --disable-pip-version-check install --editable . --group package | $(BRIEFLY)
	@touch $@
