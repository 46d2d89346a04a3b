"""Kubernetes' own e2e.test and this suite by turns on one cluster, see docs/benchmarks.md; no verdict comes of it."""
