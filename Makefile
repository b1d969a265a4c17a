# make lab: open the course · make run: run every lesson · make test: test everything
# make site: pages to read without Python · make serve: a page that reads your handwriting
# make bench: what it all costs
PYTHON ?= python3
VENV := .venv/bin/python
LESSON ?=
QUICK ?=
STORE ?=
TESTS ?=
PORT ?= 8000
WORKERS ?= 1
ONLY ?=
RAN ?=
SETUP :=

.PHONY: lab run site serve bench test setup digits lock
.DEFAULT_GOAL := lab

setup:
	@$(PYTHON) utils/commands/install.py $(SETUP)

lab: setup
	@$(VENV) -m utils lab

# fetch MNIST if it is not here, even if that failed lately, and say which digits there are
digits: setup
	@$(VENV) -m utils digits

# QUICK=1: short trainings · LESSON=02 or LESSON="02 03": only these
# STORE=1: put the outputs into notebooks/ and gather what lessons save, for those who write them
run: SETUP := $(if $(filter-out 0,$(STORE)),test)
run: setup
	@$(VENV) -m utils run $(LESSON) $(if $(filter-out 0,$(QUICK)),--quick) \
		$(if $(filter-out 0,$(STORE)),--store)

# RAN=1: show the notebooks that `make run` wrote, not those that ship
site: setup
	@$(VENV) -m utils site $(if $(filter-out 0,$(RAN)),--executed build)

# PORT=8001: where another program has 8000 · WORKERS=2: two processes answer, each with the model
serve: setup
	@$(VENV) -m utils serve --port $(PORT) --workers $(WORKERS)

# ONLY=gan or ONLY="gan digits": only these parts of the benchmark
bench: setup
	@$(VENV) -m utils bench $(if $(ONLY),--only $(ONLY))

# QUICK=1: only what takes seconds, for those who work on a helper; no lesson, no browser
test: SETUP := test
test: setup
	@$(VENV) -m pytest -n 2 --maxschedchunk 1 $(TESTS) \
		$(if $(filter-out 0,$(QUICK)),-m "not lesson and not browser")

# after a change in pyproject.toml; needs uv (https://docs.astral.sh/uv/)
LOCK := UV_PYTHON_DOWNLOADS=never uv pip compile pyproject.toml --universal --python-version 3.11 \
	--quiet --generate-hashes --no-annotate --no-header --no-emit-index-url
# the other lists start from the learner's, and add what it does not hold
REST = --constraints requirements.txt \
	$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements.txt)
lock:
	$(LOCK) --upgrade --output-file requirements.txt
	for extra in gpu test; do \
		{ echo "-r requirements.txt"; $(LOCK) --extra $$extra $(REST); } > requirements-$$extra.txt || exit 1; \
	done
