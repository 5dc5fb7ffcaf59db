# Shuke: every target sets up what it needs. State lives in $(SHUKE_HOME), default ./var.
PYTHON     ?= python3
SERVE      ?= 1
HOST       ?= 127.0.0.1
PORT       ?= 8000
WORKERS    ?= 2
MINUTES    ?= 10
UV_VERSION := 0.13.9
AUDIT      := pip-audit==2.10.1
BIN        := .venv/bin
SHUKE      := $(BIN)/shuke

.DEFAULT_GOAL := help
.PHONY: help setup demo lint format test bench bench-features bench-online bench-live bench-models bench-service bench-trees worker catalogue openapi features train nightly drift serve mlflow lock clean audit bench-hostile bench-soak

help: ## list the targets
	@awk -F':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready ## make .venv and install the locked dependencies

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
	  { echo "Shuke needs Python 3.11 to 3.13; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --editable .
	@touch $@

demo: setup ## the whole way once on real data, then serve (SERVE=0 stops before)
	$(SHUKE) demo --host $(HOST) --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve)

lint: setup ## format check, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup ## format and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: setup ## all tests, on WORKERS processes
	$(BIN)/pytest -n $(WORKERS) --no-loadscope-reorder

bench: setup ## speed of the steps, measured side by side (prints a table)
	$(BIN)/python -m tests.benchmarks.steps

bench-features: setup ## features beside pandas, Polars and a bare read, at 1, 10 and 50 times the data
	$(BIN)/python -m tests.benchmarks.features

bench-online: setup ## reading features online beside Feast and a keyed read
	$(BIN)/python -m tests.benchmarks.online

bench-live: setup ## from an accepted event to changed features, at 200 events a second
	$(BIN)/python -m tests.benchmarks.live

bench-models: setup .venv-btyd/ready ## predictions beside what a shop would do without them (ONLY=churn,clv)
	$(BIN)/python -m tests.benchmarks.models $(if $(ONLY),--only $(ONLY))

bench-service: setup ## scores on request beside the least that could give them (HOME_OF=var measures a home)
	$(BIN)/python -m tests.benchmarks.service $(if $(HOME_OF),--home $(HOME_OF))

bench-trees: setup ## what more trees and leaves buy, and what they cost
	$(BIN)/python -m tests.benchmarks.accuracy_cost

bench-hostile: setup ## ten thousand hostile requests; none may be answered 500
	$(BIN)/python -m tests.benchmarks.hostile

bench-soak: setup ## MINUTES at 70 % of the peak: errors, speed, memory
	$(BIN)/python -m tests.benchmarks.soak --minutes $(MINUTES)

.venv-btyd/ready: tests/benchmarks/btyd.lock | .venv/ready
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-btyd
	$(BIN)/uv pip install --quiet --python .venv-btyd/bin/python --require-hashes -r $<
	@touch $@

catalogue: setup ## write docs/features.md from the code
	$(SHUKE) features catalogue --to docs/features.md

openapi: setup ## write docs/openapi.json from the code
	$(SHUKE) openapi --to docs/openapi.json

features: setup ## build and materialize the customer features
	$(SHUKE) features build

train: setup ## train every model
	$(SHUKE) train

train-%: setup ## train one: train-churn, train-next-purchase, train-lead-score, train-clv
	$(SHUKE) train $*

nightly: setup ## score everyone, route leads, write today's lists
	$(SHUKE) nightly

drift: setup ## drift report of the newest scoring against training
	$(SHUKE) drift

worker: setup ## fold events into features and lake, beside a server that does not
	$(SHUKE) worker

serve: setup ## serve the API
	$(SHUKE) serve --host $(HOST) --port $(PORT)

mlflow: setup ## open MLflow's pages on the same store
	$(SHUKE) mlflow

lock: setup ## write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --all-extras pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --extra postgres --extra redis -c requirements.lock pyproject.toml -o deploy/serving.lock

# Hashed lock files are read as they are: no package is downloaded, let alone built. `--strict`, as an
# index without advisories would otherwise pass everything it does not know.
audit: setup ## known vulnerabilities of the locked packages; needs the network and an index's advisories (SERVICE=osv: OSV's)
	for lock in requirements.lock deploy/serving.lock; do \
	  $(BIN)/uv tool run --from $(AUDIT) pip-audit --strict --disable-pip --require-hashes \
	    --vulnerability-service $(or $(SERVICE),pypi) --progress-spinner off -r $$lock || exit; \
	done

clean: ## remove the environment and caches; the state folder stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
