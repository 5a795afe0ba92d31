# What a person does with this repository. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What is there of the Python this repository keeps; the package by its real folder, not by the shortcuts.
SOURCES := $(wildcard src tests benchmarks docs/generate.py docs/pages docs/examples web/fingerprint.py)

# Folders with npm packages of their own: for the page and for tests. A server runs without them.
NODE_FOLDERS := web tests/clients tests/browser

# The built page, committed so that a server needs no Node.
PAGE := src/cantata/server/page
IN_WEB := cd web && PATH="$(CURDIR)/web/node_modules/.bin:$(CURDIR)/$(BIN):$$PATH"
BUILD_PAGE := $(IN_WEB) vite build app --logLevel warn --emptyOutDir --outDir

# Nothing outside the repository's own environment takes part.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME UV_PROJECT_ENVIRONMENT
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv --no-config

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install packages run studio test test-gemini fuzz check web web-check screenshots format lock \
	transcripts bench docs clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

install: $(STAMP) ## Make .venv with everything the lock names, then this project in it

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Cantata needs Python 3.11 or newer; this is $$($(PYTHON) -V). Try: make install PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || { echo "==> Making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "==> Installing uv"
	@awk '/^[^ #]/ {wanted = /^uv==/} wanted' requirements.lock > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps -r $(VENV)/uv.txt
	@echo "==> Installing $$(grep -c '^[a-z0-9].*==' requirements.lock) locked packages"
	@$(UV) pip sync --require-hashes requirements.lock
	@echo "==> Installing cantata itself, editable"
	@$(UV) pip install --no-deps --no-build-isolation --editable .
	@$(UV) pip check
	@touch $@

packages: $(NODE_FOLDERS:=/node_modules/.installed) ## Install the npm packages that tests need, as their locks name them

%/node_modules/.installed: %/package.json %/package-lock.json $(STAMP)
	@echo "==> Installing the npm packages of $*"
	@cd $* && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --loglevel=error \
		|| { echo "npm could not install the packages of $*. It needs the npm registry; a server runs without them."; exit 1; }
	@touch $@

run: install ## Start the server; options go in ARGS, as in ARGS="--port 9000"
	$(BIN)/cantata serve $(ARGS)

studio: install ## Open the graphs to LangSmith Studio, without tracing; options go in ARGS
	LANGSMITH_TRACING=$${LANGSMITH_TRACING:-false} LANGGRAPH_CLI_NO_ANALYTICS=1 LANGGRAPH_NO_VERSION_CHECK=1 \
		$(BIN)/langgraph dev --no-browser $(ARGS)

test: install packages ## Run the tests on all cores; options go in ARGS
	$(BIN)/pytest --numprocesses auto --maxprocesses 8 --dist loadfile $(ARGS)

test-gemini: install ## Try Google's real API with your GEMINI_API_KEY, after saying what it costs
	$(BIN)/python -m tests.live $(ARGS)

fuzz: install ## Send thousands of made-up requests, and parsers a hundred thousand inputs each; takes long
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-20} FUZZ_INPUTS=$${FUZZ_INPUTS:-100000} \
		$(BIN)/pytest --numprocesses auto --timeout 3600 tests/fuzz $(ARGS)

check: install ## Check format, lint, types, import rules and docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check

web: install web/node_modules/.installed ## Build the page into src/cantata/server/page, after a change in web/
	$(IN_WEB) node client/generate.mjs
	$(IN_WEB) tsc -p client
	$(IN_WEB) tsc --noEmit -p app
	$(BUILD_PAGE) "$(CURDIR)/$(PAGE)"
	$(BIN)/python web/fingerprint.py

web-check: install web/node_modules/.installed ## Check format, types and tests of web/, and that the committed page is its build
	$(IN_WEB) prettier --check --log-level warn .
	$(IN_WEB) node client/generate.mjs --check
	$(IN_WEB) tsc -p client
	$(IN_WEB) tsc --noEmit -p app
	$(IN_WEB) node --test 'app/tests/**/*.test.ts'
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && ($(BUILD_PAGE) "$$folder") \
		&& diff -r --exclude sources.sha256 "$$folder" $(PAGE) \
		|| { echo "$(PAGE) is not what web/ makes: run 'make web' and commit it."; exit 1; }

screenshots: install packages ## Take the pictures of docs/images anew
	SCREENSHOTS=docs/images $(BIN)/pytest tests/browser/test_screenshots.py $(ARGS)

format: install web/node_modules/.installed ## Format the code and mend what lint can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(IN_WEB) prettier --write --log-level warn .

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet uv

lock: $(BIN)/uv ## Lock the dependencies anew, none younger than a week; UPGRADE=1 moves all of them
	$(UV) pip compile pyproject.toml --group dev --all-extras --output-file requirements.lock --quiet \
		--universal --python-version 3.11 --generate-hashes --exclude-newer '1 week' \
		--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

transcripts: install ## Rewrite the golden transcripts; review their diff
	UPDATE_TRANSCRIPTS=1 $(BIN)/pytest tests/transcripts $(ARGS)

bench: install packages ## Measure; options go in ARGS
	$(BIN)/python -m benchmarks $(ARGS)

docs: install ## Write the generated pages of docs/ anew
	$(BIN)/python -m docs.generate

clean: ## Remove the environment, the builds and the caches
	rm -rf $(VENV) $(NODE_FOLDERS:=/node_modules) build dist .langgraph_api .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
