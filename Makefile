# Two commands on a fresh machine: `make demo` and `make test`. Both set up everything first, the one
# what the demo needs and the other all, in one .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SHOWN := .venv/.demo
# where PyTorch's wheels come from: the registry's for Linux bring the libraries of CUDA, 4 GB.
# `make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu` is without
TORCH_INDEX :=
DEMO := keras,torch,embedded,plot,report
TAKES := about 3.8 GB are downloaded and 8.3 GB kept in .venv, most of it CUDA for PyTorch
TAKES_CPU := about 1 GB is downloaded and 3.5 GB kept in .venv
TESTED := keras,jax,torch,embedded,peers,plot,report,parquet,ray,tensorboard,mlflow,pytest,test,docs
EXTRAS := $(TESTED),dev
SBOM := build/sbom.json
OLDEST := .venv-oldest/bin
# who is asked about known vulnerabilities: pypi or osv
SERVICE := pypi
# known vulnerabilities that do not reach twinbench: their ids, above each line the reason
ACCEPTED :=

.DEFAULT_GOAL := help
SITE := build/site
# `make notebooks LESSONS="start workflow"`: some
LESSONS := --all
# `make bench BENCHED=torch`: one; each has a process of its own
BENCHED := keras torch jax
COVERAGE := build/coverage
.PHONY: help setup demo test long coverage services faults mutants bench evidence porting porting-networks causes messages docs notebooks linkcheck lint format
.PHONY: lock oldest audit sbom licences release clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
OLD := twinbench needs Python 3.11 or newer; try: make PYTHON=python3.12

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "$(OLD)")'
	$(PYTHON) -m venv .venv

# pip, in the tested versions; made again only when a requirement has changed
$(SHOWN): pyproject.toml constraints.txt | .venv/bin/python
	@echo "make demo: $(if $(TORCH_INDEX),$(TAKES_CPU),$(TAKES)); then minutes of training"
	$(if $(TORCH_INDEX),$(PIP) --no-deps --index-url $(TORCH_INDEX) torch torchvision)
	$(PIP) --editable '.[$(DEMO)]'
	touch $@

# the demo needs nothing more then
$(READY): pyproject.toml constraints.txt | .venv/bin/python
	$(if $(TORCH_INDEX),$(PIP) --no-deps --index-url $(TORCH_INDEX) torch torchvision)
	$(PIP) --editable '.[$(EXTRAS)]'
	touch $(SHOWN) $@

setup: $(READY)  ## make the environment in .venv

demo: $(SHOWN)  ## train the four problems in Keras and PyTorch, print the table, write a report
	$(BIN)/twinbench run
	$(BIN)/twinbench report --output results/report.html
	@echo 'The report is results/report.html: open it in a browser, as in'
	@echo '  $(BIN)/python -m webbrowser -t "file://$(CURDIR)/results/report.html"'

test: $(READY)  ## the whole test suite but the slow full-length runs
	$(BIN)/python -m pytest tests --numprocesses auto --dist loadfile

coverage: export PYTHONPATH := $(CURDIR)
coverage: $(READY)  ## all tests and the porting bench, and how much of each folder they run: build/coverage/html
	rm -rf $(COVERAGE)
	$(BIN)/coverage run -m pytest tests -m 'not service' --numprocesses auto --dist loadfile
	$(BIN)/coverage run -m pytest tests -m service
	$(BIN)/coverage run -m tools.porting
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage html --quiet --directory $(COVERAGE)/html
	$(BIN)/coverage json --quiet -o $(COVERAGE)/report.json
	$(BIN)/python -m tools.coverage_table $(COVERAGE)/report.json --into docs/coverage.md

long: $(READY)  ## tests that train real frameworks for minutes: walks, verdicts, every bit twice
	$(BIN)/python -m pytest tests -m long --numprocesses auto --dist loadfile

services: $(READY)  ## tests on a Ray cluster, a tracking server, a browser, a wheel, an audit, all made here
	$(BIN)/python -m pytest tests -m service

faults: $(READY)  ## kill, fill, crash and fuzz: what was measured must survive, what is hostile must not
	$(BIN)/python -m pytest tests/faults -m fault --numprocesses auto --dist loadfile

mutants: $(READY)  ## change what all numbers rest on, one place at a time: does a test notice?
	rm -rf mutants
	$(BIN)/mutmut run
	$(BIN)/python -m tools.mutants_table docs/mutation.md

bench: $(READY)  ## time each method of a Task, and compare with the last time
	for framework in $(BENCHED); do \
		$(BIN)/python -m pytest benchmarks/speed/suites -o python_files='bench_*.py' --timeout 0 \
			--framework $$framework --benchmark-columns median,iqr,rounds --benchmark-autosave \
			--benchmark-compare --benchmark-storage results/bench/$$framework || exit; \
	done

# `make evidence EVIDENCE=--dry-run`: how long it will take
evidence: $(READY)  ## measure every published number anew, for hours, and write the pages: alone on the machine
	$(BIN)/python -m tools.evidence $(EVIDENCE)

# `make porting PORTING="--seeds 0,1 --rivals --into docs/check.md"`: with what people use, into the page
porting: $(READY)  ## right and wrong ports through the judge: how often is it right?
	$(BIN)/python -m tools.porting $(PORTING)

# `make porting-networks PORTING="--into docs/check.md --mark networks"`: into the page
porting-networks: $(READY)  ## the same of whole networks, with time and memory of each
	$(BIN)/python -m tools.porting tests/porting/networks --each $(PORTING)

# `make causes CAUSES="epsilon clip"`: some; CAUSES=--write: judge none, after a change of words
causes: $(READY)  ## judge a port of each cause that has a name, and write its page
	$(BIN)/python -m tools.causes $(CAUSES)

messages: $(READY)  ## compile the translations of the command line, with an entry for each new text
	$(BIN)/python -m tools.messages

docs: $(READY)  ## run every lesson and build the site of them: build/site/html/index.html
	rm -rf $(SITE)/cache
	$(BIN)/sphinx-build -E -W --keep-going --quiet --jobs 2 docs $(SITE)/html

notebooks: $(READY)  ## run every lesson as a notebook, on the embedded data
	TWINBENCH_DATA=embedded $(BIN)/twinbench lesson $(LESSONS) --execute --jobs 2 --force --into $(SITE)/notebooks

linkcheck: $(READY)  ## ask for every address that the lessons name (needs the network)
	$(BIN)/sphinx-build -b linkcheck -D nb_execution_mode=off --quiet docs $(SITE)/links

lint: $(READY)  ## style, types and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(READY)  ## put the code in its style
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

# the newest of all else: what they need themselves is their own affair
.venv-oldest/.ready: pyproject.toml tools/oldest.py tools/project.py
	test -x $(OLDEST)/python || $(PYTHON) -m venv .venv-oldest
	$(OLDEST)/python -m pip install --quiet packaging
	mkdir -p build
	$(OLDEST)/python -m tools.oldest > build/oldest.txt
	$(OLDEST)/python -m pip install --quiet --constraint build/oldest.txt --editable '.[$(TESTED)]'
	touch $@

oldest: .venv-oldest/.ready  ## the tests with the oldest versions that pyproject.toml allows
	$(OLDEST)/python -m pytest tests --numprocesses auto --dist loadfile
	$(OLDEST)/python -m pytest tests -m service

# --strict: a package that the service could not be asked about would pass otherwise
audit: $(READY)  ## look the tested versions up among known vulnerabilities (needs the network)
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict \
		--progress-spinner off --vulnerability-service $(SERVICE) $(ACCEPTED:%=--ignore-vuln %)

sbom: $(READY)  ## list all that is installed, with licences, as CycloneDX: build/sbom.json
	mkdir -p $(dir $(SBOM))
	PYTHONPATH= $(BIN)/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible \
		--output-file $(SBOM)

licences: $(READY)  ## write the licences of the tested versions into docs/reference/licences.md
	$(BIN)/python -m tools.licences

# `make release TAG=v1.2.3`: refuses what is not that version, and takes its notes from CHANGELOG.md
release: docs  ## sdist, wheel and site in build/release, checked, installed elsewhere (needs the network)
	$(BIN)/python -m tools.release $(if $(TAG),--tag '$(TAG)')

lock: $(READY)  ## write the versions of this environment down as the tested ones
	@{ sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable; } > constraints.new
	mv constraints.new constraints.txt

clean:  ## remove the environment and all that was made here, but no results
	rm -rf .venv .venv-oldest build mutants .pytest_cache .ruff_cache .mypy_cache .hypothesis .benchmarks
	rm -rf *.egg-info
