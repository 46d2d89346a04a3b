"""Pods that may swap."""
