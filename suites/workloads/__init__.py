"""Pods that belong to a controller."""
