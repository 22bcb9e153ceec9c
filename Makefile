# One command for each habit; `make help` lists them. The work itself is in the `zhitong` command and in tools/.
#
# What can be set on the command line is passed on as an option; the defaults are the commands' own:
#   make demo CALLS=100 AGENTS=20 SEED=7     make run BIND=192.168.1.10     make test ARGS="-k tracker"

SHELL := /bin/sh
.SHELLFLAGS := -euc
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PYTHON_DIRS := telephony agent_bridge zhitong dialplans tests bench tools
demo_options = $(if $(CALLS),--calls '$(CALLS)') $(if $(AGENTS),--agents '$(AGENTS)') $(if $(SEED),--seed '$(SEED)')
chaos_options = $(if $(CALLS),--calls '$(CALLS)') $(if $(SEED),--seed '$(SEED)')
run_options = $(if $(BIND),--bind '$(BIND)')

# Shells of containers often set it. Each process would compile every module anew, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

# Tests with real phones wait most of their time: the processors are idle with fewer workers than this.
WORKERS ?= $(shell expr $$(nproc) \* 5 / 2)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## lay .venv from the hashed lock (quick when nothing changed; needs no root)
	@sh tools/setup.sh

.PHONY: demo
demo: setup ## real SIP calls through a menu and straight to people; then a table (CALLS= AGENTS= SEED=)
	@$(BIN)/zhitong demo $(demo_options) $(ARGS)

.PHONY: run
run: setup ## the PBX and the bridge, until Ctrl-C, for softphones of your own (BIND=)
	@$(BIN)/zhitong run $(run_options) $(ARGS)

.PHONY: test
test: setup ## every test CI holds (ARGS= goes to pytest)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not slow" $(ARGS)

.PHONY: test-all
test-all: setup ## every test there is, without limit of time
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --timeout 1800 $(ARGS)

.PHONY: lint
lint: setup ## ruff, mypy --strict, import-linter and the house rules
	@$(BIN)/ruff check $(PYTHON_DIRS)
	@$(BIN)/ruff format --check $(PYTHON_DIRS)
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python tools/house.py

.PHONY: format
format: setup ## mend what ruff can mend: layout, order of imports, simple findings
	@$(BIN)/ruff check --fix $(PYTHON_DIRS)
	@$(BIN)/ruff format $(PYTHON_DIRS)

.PHONY: bench
bench: setup ## the benchmarks, as ratios against a yardstick in the same run: under ten minutes (ARGS=--publish)
	@$(BIN)/python -m bench $(ARGS)

.PHONY: bench-all
bench-all: setup ## the whole grid of every benchmark, without limit of time; goes on where it was
	@$(BIN)/python -m bench --all $(ARGS)

.PHONY: chaos
chaos: setup ## faults at random moments under real calls, then a judge: ten minutes or so (CALLS= SEED=)
	@$(BIN)/zhitong chaos $(chaos_options) $(ARGS)

.PHONY: asyncapi
asyncapi: setup ## write docs/asyncapi.yaml, the protocol of desktops, anew from the tables in the code
	@$(BIN)/python -m tools.asyncapi

.PHONY: diagrams
diagrams: setup ## draw the state diagrams in docs/ anew from the tables in the code
	@$(BIN)/python -m tools.diagrams

.PHONY: lock
lock: ## make requirements/*.lock anew from pyproject.toml (ARGS=--upgrade takes newer versions)
	@sh tools/lock.sh $(ARGS)

.PHONY: clean
clean: ## remove what running left behind (var/, caches); .venv and the cache of downloads stay
	@rm -rf var dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find $(PYTHON_DIRS) -type d -name __pycache__ -prune -exec rm -rf {} +
