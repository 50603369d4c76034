# `make help` lists each target with the text after its two number signs.

.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PEERS := build/peers

VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' services/catalog/__init__.py)
IMAGES := ghcr.io/product-catalog
TRANSLATIONS := services/display_product/translations
BUILD = docker build --quiet --build-arg VERSION=$(VERSION) --build-arg REVISION=$(shell git rev-parse --short HEAD 2>/dev/null)

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-annotate --custom-compile-command 'make lock'

export PYTHONPATH := services
export CATALOG_SECRET_KEY_FILE ?= var/secret-key

##@ Use

# The ports of the pages, add-product and read-product, and then of their metrics.
PORT := 8080
PORTS = $(shell for number in 0 1 2 1010 1011 1012; do echo $$(($(PORT) + number)); done)

.PHONY: up
up: export PAGES_PORT = $(PORT)
up: export CATALOG_ADD_URL = http://127.0.0.1:$(word 2,$(PORTS))
up: export CATALOG_READ_URL = http://127.0.0.1:$(word 3,$(PORTS))
up: $(READY) ## Start the catalogue on this machine, on SQLite, with a few sample products; PORT=8180 changes the port of the pages
	@for port in $(PORTS); do if (: < /dev/tcp/127.0.0.1/$$port) 2> /dev/null; then \
		echo "Port $$port is taken, perhaps by an earlier make up, which needs $(PORTS). To use others: make up PORT=8180" >&2; exit 1; fi; done
	@mkdir -p var && (umask 077 && test -s var/secret-key || $(BIN)/python -c 'import secrets; print(secrets.token_hex(32))' > var/secret-key)
	@$(BIN)/python -m catalog.migrate upgrade
	@$(BIN)/python -m add_product.sample
	@echo "Starting the catalogue. Stop it with Ctrl-C."
	@echo "Nobody needs to sign in: this is for one machine, and others cannot reach it."
	@echo "  pages         http://localhost:$(word 1,$(PORTS))"
	@echo "  add-product   http://localhost:$(word 2,$(PORTS))/api/v1/openapi.json"
	@echo "  read-product  http://localhost:$(word 3,$(PORTS))/api/v1/openapi.json"
	@PATH="$(CURDIR)/$(BIN):$$PATH" exec $(BIN)/honcho start -f services/Procfile

##@ Develop

.PHONY: test
test: $(READY) ## Run every test that this machine can run, and list those it cannot; PYTEST=... runs only these
ifdef PYTEST
	$(BIN)/coverage erase
	$(BIN)/python -m pytest --cov --cov-report=term $(PYTEST)
else
	@tests/all.sh $(BEFORE)
endif

.PHONY: lint
lint: $(READY) ## Check style, types, imports, dependencies, shell scripts and Dockerfiles
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry services --optional-dependencies-dev-groups dev,bench
	$(BIN)/deptry services tests charts compose
	@if checker=$$(command -v $(BIN)/shellcheck || command -v shellcheck); then $$checker $$(git grep -lE '^#!.*sh$$'); \
	else echo "left out: shellcheck, which is not on this machine"; fi
	$(BIN)/hadolint $$(git ls-files '*Dockerfile*')

.PHONY: format
format: $(READY) ## Rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: messages
messages: $(READY) ## Update each messages.po from the texts of the pages; LANGUAGE=de adds one for German
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping $(TRANSLATIONS)/babel.cfg --keywords lazy_gettext --no-location --sort-output --no-wrap --output build/messages.pot services/display_product
	$(if $(LANGUAGE),$(BIN)/pybabel --quiet init --input-file build/messages.pot --output-dir $(TRANSLATIONS) --no-wrap --locale $(LANGUAGE))
	$(BIN)/pybabel --quiet update --input-file build/messages.pot --output-dir $(TRANSLATIONS) --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

.PHONY: translations
translations: $(READY) ## Compile the translations of the pages from messages.po to messages.mo
	$(BIN)/pybabel --quiet compile --directory $(TRANSLATIONS)

.PHONY: letters
letters: $(READY) ## Count the letter pairs of each language again; ANNOTATIONS: a folder from npm's cldr-annotations-modern
	@mkdir -p build
	$(BIN)/python -m add_product.imports.letters $(ANNOTATIONS) > build/letters.json && mv build/letters.json services/add_product/imports/letters.json

BENCH = PYTHONPATH=services:tests BENCH_PYTHON=$(PEERS)/bin/python $(BIN)/python -m bench

.PHONY: bench
bench: $(READY) $(PEERS)/ready ## Benchmark the catalogue against others, with up to a million products; QUICK=1 for less, ONLY=reads,search for a part
	$(BENCH)

.PHONY: bench-cluster
bench-cluster: $(READY) ## Measure the chart through the ingress of a kind cluster of its own, with one replica and with two
	PYTHONPATH=services:tests $(BIN)/python -m bench.cluster

.PHONY: performance
performance: $(READY) $(PEERS)/ready ## Run the whole benchmark, and write docs/performance.md and the README's lines about it
	$(BENCH)
	PYTHONPATH=services:tests $(BIN)/python -m bench.page

# Neither the services' images nor the tests have these packages.
$(PEERS)/ready: requirements/bench.txt
	@echo "Installing the software that the catalogue is compared with into $(PEERS)."
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

.PHONY: pictures
pictures: $(READY) ## Take the README's screenshots of the pages, with Chromium
	PYTHONPATH=services:tests $(BIN)/python -m browser.pictures

.PHONY: lock
lock: $(READY) ## Lock the dependencies of pyproject.toml; UPGRADE=--upgrade takes the newest versions that it allows
	$(COMPILE) $(UPGRADE) pyproject.toml -o requirements/run.txt
	$(COMPILE) -c requirements/run.txt --extra mysql --extra fast pyproject.toml -o requirements/mysql.txt
	$(COMPILE) -c requirements/mysql.txt --extra mysql --extra fast --extra jobs pyproject.toml -o requirements/jobs.txt
	$(COMPILE) -c requirements/run.txt --extra dev pyproject.toml -o requirements/dev.txt
	$(COMPILE) -c requirements/mysql.txt --extra mysql --extra fast --extra bench pyproject.toml -o requirements/bench.txt
	printf '%s\n' beautifulsoup4 pytest | $(COMPILE) -c requirements/dev.txt - -o requirements/compose-tests.txt

# mysqlclient has no wheels. For the tests against MySQL, it is built if MySQL's headers are installed; so is gunicorn's
# faster parser.
$(READY): requirements/dev.txt requirements/mysql.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=...")'
	@echo "Installing into $(VENV); this takes a minute the first time."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@if { pkg-config --exists mysqlclient || pkg-config --exists libmariadb; } 2> /dev/null; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mysql.txt; fi
	@touch $@

##@ Kubernetes

.PHONY: chart-docs
chart-docs: $(READY) ## Generate the chart's README and schema from the comments in its values
	$(BIN)/python charts/values_schema.py
	helm-docs --chart-search-root charts --sort-values-order file --log-level warning

.PHONY: manifests
manifests: $(READY) ## Render k8s/ from the chart, and the SQL for MySQL's first start from the migrations
	$(BIN)/python charts/manifests.py

.PHONY: images
images: ## Build the container images from the current sources
	$(BUILD) -f Dockerfile.base -t $(IMAGES)/base:$(VERSION) .
	for service in add-product read-product display-product; do \
		$(BUILD) --build-arg BASE=$(IMAGES)/base:$(VERSION) -f services/$${service//-/_}/Dockerfile -t $(IMAGES)/$$service:$(VERSION) . || exit; done
	$(BUILD) --build-arg BASE=$(IMAGES)/base:$(VERSION) -f services/cluster_jobs/Dockerfile -t $(IMAGES)/jobs:$(VERSION) .

# CATALOG_TEST_ADDONS overrides the command that installs the add-ons.
.PHONY: cluster
cluster: ## Create a kind cluster with ingress-nginx, cert-manager and metrics-server, and load the images into it
	kind create cluster --config kind-config.yaml --wait 3m
	$(or $(CATALOG_TEST_ADDONS),tests/e2e/addons.sh) --name catalog ingress-nginx cert-manager metrics-server
	@if docker image inspect $(IMAGES)/jobs:$(VERSION) > /dev/null 2>&1; then \
		kind load docker-image --name catalog $(foreach image,add-product read-product display-product jobs,$(IMAGES)/$(image):$(VERSION)); \
	else echo "There are no images yet: run make images and kind load docker-image, or skaffold run, which does both."; fi
	@echo "Next: helm install catalog charts/product-catalog -f charts/product-catalog/values-kind.yaml"

.PHONY: e2e
e2e: $(READY) ## Run the cluster tests on a kind cluster that they create and delete
	$(BIN)/python -m pytest tests/e2e $(PYTEST)

##@ Release

.PHONY: version
version: $(READY) ## Set the version in every file that states it: make version VERSION=1.2.3
	$(BIN)/python charts/version.py $(VERSION)
	$(BIN)/python charts/manifests.py

# The first does what release.yml does, except what needs a public registry; the second only what the archive needs.
.PHONY: release-check
release-check: ## Build, publish, sign and verify a release on this machine only, in a temporary registry
	VERSION=$(VERSION) .github/release/check.sh images chart sign verify bundle notes

.PHONY: bundle
bundle: ## Write images and chart into one archive, build/release/*.tar.gz, for a registry without internet access
	VERSION=$(VERSION) .github/release/check.sh images chart bundle

.PHONY: bundle-check
bundle-check: bundle ## Install that archive on a kind cluster whose nodes pull from a registry on this machine
	tests/e2e/airgapped.sh

##@ Help

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
