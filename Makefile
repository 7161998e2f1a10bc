# `make demo`, `make train` and `make test` need Python 3.11 or newer and nothing else, and work in a virtual environment of
# their own.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -q --numprocesses auto --dist worksteal --timeout 600 tests

.PHONY: help demo train test coverage check bench fuzz docs clean

demo: $(VENV)/demo.installed  ## pack photographs and read them back
	@rm -rf demo && mkdir demo
	$(BIN)/python -m examples.photos demo/photos
	$(BIN)/gpu-im2rec list demo/photos demo/photos --recursive
	$(BIN)/gpu-im2rec pack demo/photos.lst demo/photos demo/photos.rec --resize 256 --html
	$(BIN)/gpu-im2rec info demo/photos.rec
	$(BIN)/gpu-im2rec sheet demo/photos.rec demo/sheet.jpg
	$(BIN)/python -m examples.read_back demo/photos.rec
	@echo "The records are in $(CURDIR)/demo/photos.rec, their index in $(CURDIR)/demo/photos.idx."
	@echo "To look at: demo/photos.report.html, demo/sheet.jpg."

train: $(VENV)/demo.installed $(VENV)/torch.installed  ## train a small network on records
	$(BIN)/python -m examples.train_torch demo/digits

test: check $(VENV)/mxnet.installed $(VENV)/torch.installed  ## run all tests, and what check runs
	$(PYTEST)

coverage: check $(VENV)/mxnet.installed $(VENV)/torch.installed  ## the same, and tell which lines were not run; takes twice as long
	$(PYTEST) --cov --cov-report=term

check: $(VENV)/test.installed  ## look at style, types and imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/bench.installed $(VENV)/mxnet.installed $(VENV)/torch.installed  ## measure everything; two hours
	$(BIN)/python -m benchmarks run

fuzz: $(VENV)/fuzz.installed  ## fuzz what reads files from strangers
	$(BIN)/python -m tests.fuzz

# The site, in build/docs; any warning, such as a link that leads nowhere, is an error.
docs: $(VENV)/docs.installed  ## make the site, in build/docs
	$(BIN)/python docs/reference/make.py --check
	$(BIN)/python -m sphinx --builder html --fresh-env --fail-on-warning --keep-going --quiet docs build/docs
	@echo "The site is in build/docs/index.html."

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

clean:  ## remove what the others made, the environment too
	rm -rf $(VENV) demo build .fuzz .hypothesis .mypy_cache .ruff_cache .pytest_cache .coverage

# MXNet's own tools and readers, to compare with. They need packages of their time and so an environment of their own,
# on Linux and up to Python 3.11; where that cannot be, the tests that compare say so and are skipped.
$(VENV)/mxnet.installed:
	@$(BIN)/python -m benchmarks.environments mxnet > /dev/null || echo "no comparison with mxnet"

# PyTorch, to train from the records. Its builds for the CPU alone, 0.2 GB, lie on an index of its own; PyPI's for Linux
# bring 3 GB of CUDA along, and are what remains where that index cannot be reached. Where there is neither, the tests
# that need it say so and are skipped.
TORCH := torch==2.13.0
PIP := $(BIN)/python -m pip install --quiet
$(VENV)/torch.installed:
	@{ $(PIP) --retries 1 --extra-index-url https://download.pytorch.org/whl/cpu $(TORCH)+cpu 2>/dev/null || \
	    $(PIP) $(TORCH); } && touch $@ || echo "torch cannot be installed here: nothing is trained with it"

$(VENV)/%.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@
