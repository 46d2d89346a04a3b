# The commands of the project; `make help` lists them.

KUBE_VERSIONS ?= 1.30,1.37
CLUSTER ?= auto
NODE ?= auto
CGROUP ?= auto
WORKERS ?= 4
PYTEST_ARGS ?=

# scripts/prepare puts a private uv there if PATH has none.
CACHE := $(or $(RESIZE_CONFORMANCE_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/resize-conformance)
export PATH := $(PATH):$(CACHE)/bin
# The system's Python serves: uv would otherwise fetch one from the net where it finds none that is new enough.
export UV_PYTHON_DOWNLOADS ?= never
# An environment that happens to be active is not the project's.
unexport VIRTUAL_ENV

# Not `uv run`: uv leaves a lock in the folder for temporary files, and nothing outside of the cache is to be left.
VENV := .venv/bin/
# Named, as pytest would take a configuration file from a folder above that of an option, such as --components-dir.
PYTEST := $(VENV)pytest -c pyproject.toml
SYNC = @mkdir -p $(CACHE)/tmp && TMPDIR=$(CACHE)/tmp uv sync --frozen --quiet
PARALLEL := -n $(WORKERS) --dist worksteal

# Clusters that are no processes of this machine take less of it, and one that is there already has its version.
CONTAINERS := $(filter kind k3d existing,$(CLUSTER))
VERSIONS = $(if $(filter existing,$(CLUSTER)),,--kube-version $(KUBE_VERSIONS))

# For `make lab` alone: node images that it puts together itself, and a user with few rights in a cluster.
NEWEST = $(lastword $(subst $(COMMA), ,$(KUBE_VERSIONS)))
COMMA := ,
LAB_KIND = --cluster kind --node-image 'resize-conformance-lab/kind-node:v{version}'
LAB_K3D = --cluster k3d --node-image 'resize-conformance-lab/k3s-stand-in:v{version}-k3s1'
GUEST = $(VENV)python -m selftests.existing.guest

.DEFAULT_GOAL := help
.PHONY: help conformance matrix test lab inside-lab selftest benchmark lint doctor clean distclean

help:
	@echo 'make conformance   run the suite on Kubernetes $(KUBE_VERSIONS) and write a report'
	@echo 'make matrix        the same on every minor version; PYTEST_ARGS="--resume latest" goes on with it (docs/versions.md)'
	@echo 'make test          lint, types, unit tests, and a short run on a real cluster'
	@echo 'make lab           the same on kind, k3d and an existing cluster, beside a Docker engine of its own, as root'
	@echo 'make selftest      break clusters on purpose, and kill runs, to prove that the suite notices (half of it needs root)'
	@echo "make benchmark     compare with Kubernetes' own e2e.test on one cluster; BENCHMARK_ARGS=--help says how"
	@echo 'make lint          ruff and mypy'
	@echo 'make doctor        look at what this machine has and lacks, and which kind of node a run would take'
	@echo 'make clean         remove kept and orphaned clusters and the caches in this folder'
	@echo 'make distclean     and the results, the virtual environment and the cache of components'
	@echo
	@echo 'make itself ends with 2 whenever a command fails; the code of pytest is in its last line ("Error 1", "Error 6").'
	@echo 'Variables: KUBE_VERSIONS=1.30,1.37  CLUSTER=kind  NODE=host,uml  CGROUP=v1,v2  WORKERS=4  PYTEST_ARGS="--keep-cluster failed"'

conformance:
	@scripts/prepare $(if $(CONTAINERS),containers,cluster)
	$(SYNC)
	$(PYTEST) suites --cluster $(CLUSTER) $(VERSIONS) --node $(NODE) --cgroup $(CGROUP) $(PARALLEL) $(PYTEST_ARGS)

matrix:
	@$(MAKE) --no-print-directory conformance KUBE_VERSIONS=all

test:
	@scripts/prepare tests
	@$(MAKE) --no-print-directory lint
	$(PYTEST) tests -n 2
	$(PYTEST) suites --level smoke $(PARALLEL) $(PYTEST_ARGS)

# Everything that kind, k3d and existing clusters are proven by where there is no registry of images (docs/lab.md).
lab:
	@scripts/prepare lab
	$(SYNC)
	$(VENV)python -m lab --kind-node $(KUBE_VERSIONS) --k3d-node $(NEWEST) -- \
	    $(MAKE) --no-print-directory inside-lab KUBE_VERSIONS=$(KUBE_VERSIONS) WORKERS=$(WORKERS)
	$(GUEST) $(PYTEST) suites --cluster existing --node-access pod --results-dir results/existing $(PARALLEL) $(PYTEST_ARGS)
	$(GUEST) $(PYTEST) selftests/contract --cluster existing

inside-lab:
	$(PYTEST) suites $(LAB_KIND) --kube-version $(KUBE_VERSIONS) --results-dir results/kind $(PARALLEL) $(PYTEST_ARGS)
	$(PYTEST) suites $(LAB_K3D) --kube-version $(NEWEST) --results-dir results/k3d $(PARALLEL) $(PYTEST_ARGS)
	$(PYTEST) selftests/contract $(LAB_KIND) --kube-version $(NEWEST) --nodes 2
	$(PYTEST) selftests/contract $(LAB_K3D) --kube-version $(NEWEST) --nodes 2

selftest:
	@scripts/prepare cluster
	$(SYNC)
	$(PYTEST) selftests $(PYTEST_ARGS)

# By turns on one cluster with Kubernetes' own e2e.test, which is built for it (docs/benchmarks.md).
benchmark:
	@scripts/prepare cluster
	$(SYNC)
	$(VENV)python -m benchmarks $(BENCHMARK_ARGS)

lint:
	@scripts/prepare tools
	$(SYNC)
	$(VENV)ruff check
	$(VENV)ruff format --check
	$(VENV)mypy

doctor:
	@scripts/prepare tools
	$(SYNC)
	@$(VENV)python -m clusters doctor

clean:
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m clusters rm --all; fi
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name .venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv results $(addprefix $(CACHE)/,apt bin images lab lab-* logs tmp unpacked .locks node-init-* packages-* uml-root-* *-v[0-9]*)
