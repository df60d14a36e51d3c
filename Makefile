# Every target sets itself up; PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
BIN := .venv/bin
LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url \
  --custom-compile-command 'make lock' --no-emit-package topic-gate
.PHONY: help run test images-test polyglot fuzz check audit format generate lock clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 13

run: .venv/ready  ## serve adapter and decider with the example policy, until Ctrl-C
	@exec $(BIN)/python deploy/local.py

test: .venv/ready  ## run the tests, but for the two below
	$(BIN)/python -m pytest

polyglot: .venv/ready  ## callers in five languages, built from the contract, against live deciders
	$(BIN)/python -m pytest tests/polyglot

images-test: .venv/ready  ## build both images without a container engine, run them, measure; needs root
	$(BIN)/python -m pytest -m images tests/images

fuzz: .venv/ready  ## 100,000 cases of bad input for every night; FUZZ_SEED and FUZZ_CASES repeat a run
	@$(BIN)/python tests/fuzz/nightly.py

check: .venv/ready  ## lint, types, security, the contract, generated stubs, the example policy and its tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --recursive adapter decider deploy --exclude decider/v1
	$(BIN)/buf lint proto && $(BIN)/buf format proto --exit-code >/dev/null
	PATH="$(CURDIR)/$(BIN):$$PATH" sh proto/breaking.sh
	PATH="$(CURDIR)/$(BIN):$$PATH" sh deploy/kubernetes/check.sh
	for policy in decider/example deploy/kubernetes/base/policy; do $(BIN)/decider check --strict $$policy || exit 1; done
	$(BIN)/decider test decider/example --cover-min 100
	$(BIN)/python proto/generate.py --check

format: .venv/ready  ## put the code into its standard form
	$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/buf format proto -w

generate: .venv/ready  ## the stubs in decider/v1 from proto/, the JSON Schemas in decider/schemas from the models
	$(BIN)/python proto/generate.py

lock: .venv/ready  ## choose the newest versions that pyproject.toml allows
	$(LOCK) --all-extras --upgrade -o requirements.lock
	for service in adapter decider; do $(LOCK) --extra $$service --extra otel --no-annotate \
	  -c requirements.lock -o requirements-$$service.lock || exit 1; done

audit: .venv/ready  ## look the locked packages up among known vulnerabilities; asks api.osv.dev, so it is no part of check
	$(BIN)/uv tool run pip-audit --requirement requirements.lock --disable-pip --vulnerability-service osv

clean:  ## remove what the other targets made
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
