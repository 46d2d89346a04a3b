"""Guaranteed pods, with a sidecar and without one, under each resizePolicy."""
