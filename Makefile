# Each target sets up what it needs. A fresh machine needs Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DOCS := .venv-docs
ROOM ?= text
SAMPLE ?= 60
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet
BUT_TORCH := awk '/^[a-z]/ {kept = !/^(torch=|triton=|nvidia-|cuda-)/} kept'
MADE := .building cache checkpoints dagster dbt.log dbt.log.1 lake last_build.json reports warehouse.duckdb
export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: demo demo-trio test test-cluster mutants check dev explore sql cluster bench docs lock clean format

demo: $(VENV)/ready  ## train, dissect and check everything on the embedded sound bank
	$(BIN)/dissect run ast-demo

demo-trio: $(VENV)/ready  ## the paper's three systems in miniature, side by side
	$(BIN)/dissect run ast-demo beats-demo-frozen beats-demo-finetuned

test: $(VENV)/ready  ## the suite, on two cores
	$(BIN)/pytest -n 2 -m "not cluster"

test-cluster: $(VENV)/ready  ## whole runs on S3, PostgreSQL and Dask, started for it on this machine; kills
	$(BIN)/pytest -n 2 -m cluster

mutants: $(VENV)/ready  ## whether a room's tests notice when its code is wrong: make mutants ROOM=labels SAMPLE=100
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[mutation]'
	$(BIN)/python -m tests.mutants $(ROOM) --sample $(SAMPLE)

check: $(VENV)/ready  ## format, lint, types, SQL, imports, dbt, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project
	cd dbt_project && ../$(BIN)/dbt parse --profiles-dir . --warn-error --no-partial-parse --target-path target
	$(BIN)/pytest tests/architecture

format: $(VENV)/ready  ## let the tools mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix --disable-progress-bar dbt_project

dev: $(VENV)/ready  ## the Dagster UI on http://127.0.0.1:3000
	$(BIN)/dissect ui

explore: $(VENV)/ready  ## see and hear every neuron, on http://127.0.0.1:8321
	$(BIN)/dissect explore

sql: $(VENV)/ready  ## a SQL prompt on the warehouse
	$(BIN)/dissect sql

cluster: $(VENV)/ready  ## an S3 server, PostgreSQL, a Dask scheduler and workers on this machine, until Ctrl-C
	$(BIN)/python -m deploy.cluster

bench: $(VENV)/ready  ## speed and memory, as ratios within one run; kept by date under benchmarks/results/
	$(BIN)/python -m benchmarks

lock:  ## both locks anew from pyproject.toml, with uv; torch, and what CUDA builds of it bring, stay out of them
	$(LOCK) --extra dev | $(BUT_TORCH) > requirements.lock.next
	$(LOCK) --extra cluster --extra slurm --extra kubernetes --constraint requirements.lock.next | $(BUT_TORCH) > deploy/requirements.lock
	mv requirements.lock.next requirements.lock

docs: $(VENV)/ready $(DOCS)/ready  ## the manual for a browser, in build/manual/; a link that leads nowhere ends it
	PATH="$(CURDIR)/$(DOCS)/bin:$$PATH" $(BIN)/python -m manual

clean:  ## forget everything that was made; keep what was installed, and your own dissection files
	for made in $(MADE); do rm -rf "$(or $(AND_HOME),data)/$$made"; done
	rm -rf dbt_project/target dbt_project/logs build/manual

$(VENV)/ready: pyproject.toml requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV): a few minutes, once."
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0  # by itself first: a CPU wheel where there is one
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/pip check
	$(BIN)/python -m compileall -q -j 0 $(VENV)/lib > /dev/null || true  # imports three times as fast
	touch $@

$(DOCS)/ready: pyproject.toml
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/pip install --quiet --disable-pip-version-check \
	  $$($(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["docs"])')
	touch $@
