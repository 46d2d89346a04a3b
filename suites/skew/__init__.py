"""Kubelets that are older than their API server."""
