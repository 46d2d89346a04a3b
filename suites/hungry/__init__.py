"""Pods that are OOM-killed."""
