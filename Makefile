# make install   .venv with Backfile in it; nothing is written outside this folder
# make demo      the sample archive on http://127.0.0.1:8000
# make test      the fast tests
# make check     format, lint, types, import contracts and tests: what a change has to pass
# make docs      the generated pages of docs/
# make screenshots  pictures of the reading room into docs/images, with the Chromium that is installed
# make lock      the lock files, from pyproject.toml
# make peers     .venv-peers with txtai and Chroma in it, for evals/speed.py to measure beside Backfile

SHELL := bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-peers
WORKERS ?= 2
NPM ?= npm
AXE := 4.14.1

.DEFAULT_GOAL := install
.PHONY: install install-tests demo test check docs screenshots lock peers clean

install: $(VENV)/.installed
install-tests: $(VENV)/.installed-tests

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Backfile needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# Torch comes first and by itself: its CPU build, where one is offered, has the same version and is then the one that is kept.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/pip
	$(BIN)/pip install --disable-pip-version-check "$$(grep '^torch==' requirements.lock)"
	$(BIN)/pip install --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.installed-tests: requirements-test.lock $(VENV)/.installed
	$(BIN)/pip install --disable-pip-version-check -r requirements-test.lock
	@$(NPM) install --silent --fetch-retries 1 --fetch-timeout 20000 --no-save --no-package-lock --prefix $(VENV)/axe axe-core@$(AXE) \
		|| echo "axe-core is not there: the tests that need it are skipped"
	@touch $@

demo: install
	$(BIN)/backfile demo

test: install-tests
	$(BIN)/pytest -n $(WORKERS)

check: install-tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(WORKERS)

docs: install
	$(BIN)/python -m api.reference > docs/http.md
	$(BIN)/python -m api.reference --json > docs/openapi.json
	$(BIN)/python -m shell.reference

screenshots: install-tests
	$(BIN)/python -m evals.screenshots

# What only a GPU build of torch needs is left to torch itself; no line names a place to download from.
COMPILE = $(BIN)/pip-compile --quiet --no-header --no-annotate --strip-extras --allow-unsafe --no-emit-options \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --constraint $(VENV)/torch.txt --output-file -
PORTABLE = sed -E -e 's/\+cpu$$//' -e '/^(nvidia-|cuda-|triton|backfile|$$|\#)/d' | LC_ALL=C sort

lock: $(BIN)/pip
	$(BIN)/pip install --disable-pip-version-check pip-tools
	grep '^torch==' requirements.lock > $(VENV)/torch.txt
	$(COMPILE) pyproject.toml | $(PORTABLE) > $(VENV)/requirements.lock
	$(COMPILE) --extra test pyproject.toml | $(PORTABLE) > $(VENV)/requirements-test.lock
	mv $(VENV)/requirements.lock $(VENV)/requirements-test.lock .

peers: $(PEERS)/.installed

$(PEERS)/.installed: evals/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --disable-pip-version-check "$$(grep '^torch==' evals/peers.txt)"
	$(PEERS)/bin/pip install --disable-pip-version-check -r evals/peers.txt
	@touch $@

clean:
	rm -rf $(VENV) $(PEERS) build dist *.egg-info
