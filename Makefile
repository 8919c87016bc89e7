# Every target may be run again at once: an environment is made anew only when pyproject.toml,
# or the Python asked for by PYTHON=…, has changed.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo dev format lint types layers test test-slow fuzz foreign \
	bench soak android bundled-model package platforms audit clean

BIN := .venv/bin

define NEXT

Next:
  .venv-demo/bin/datar-edge tag SOUND.wav                          a file of yours, or a folder
  .venv-demo/bin/datar-edge listen --input examples/rain.ogg       a file as if it were heard live
  .venv-demo/bin/datar-edge listen                                 the microphone
  .venv-demo/bin/datar-edge --help                                 all commands
  make test                                                        the developer's environment
endef
export NEXT

help: ## Lists the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Tags the recordings in examples/ with the bundled model; installs the small base only.
	@tools/environment.sh .venv-demo -e .
	@.venv-demo/bin/datar-edge tag examples
	@echo "$$NEXT"

dev: ## Makes the developer's environment in .venv: all extras and tools.
	@tools/environment.sh .venv -e '.[all]' --group dev

format: dev ## Formats the code and mends what the linter can mend.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: dev ## Checks the format and lints.
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: dev ## Checks the types.
	$(BIN)/mypy

layers: dev ## Checks that imports go one way.
	$(BIN)/lint-imports --no-logo

test: lint types layers ## Everything that a change must pass: lint, types, layers, tests.
	$(BIN)/pytest -m 'not slow'

test-slow: dev ## The tests that take minutes.
	$(BIN)/pytest -m slow

fuzz: dev ## Opens ten thousand damaged sound files and as many models: no crash, no hang. Takes hours.
	$(BIN)/python -m tools.soak --again --only sounds models

foreign: dev ## Has other programs run our .tflite files: tflite_runtime, C++ Interpreter, MediaPipe.
	@$(BIN)/python tools/foreign/run.py

bench: dev ## Measures speed, size and memory against their aims; writes docs/benchmarks.md.
	$(BIN)/python benchmarks/goals.py

soak: dev ## Listens for long, damages, kills, fills the disk; writes docs/reliability.md. Takes hours.
	$(BIN)/python -m tools.soak

android: dev ## Builds, tests, packs and checks the Android demo; MODELS="a.tflite b.pte" for your own.
	@$(BIN)/python android_demo/tools/build.py $(MODELS)

bundled-model: dev ## Trains, measures and exports the model that ships; ESC-10 in ../shared/esc10.
	$(BIN)/python -m tools.bundled

package: dev ## Builds wheel and source archive, and uses each in an empty environment.
	@$(BIN)/python tools/try_package.py

platforms: dev ## Asks uv whether each extra can be installed, by system and by Python.
	@$(BIN)/python tools/resolve_platforms.py

audit: dev ## Asks a database on the net for known weaknesses of all that is installed.
	@tools/environment.sh .venv-audit 'pip-audit>=2.9,<3'
	@.venv-audit/bin/pip-audit --strict --progress-spinner off --path $(BIN)/../lib/python*/site-packages

clean: ## Removes environments, caches and builds.
	rm -rf .venv .venv-audit .venv-demo .venv-uv .venv-foreign .venv-android build dist *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
