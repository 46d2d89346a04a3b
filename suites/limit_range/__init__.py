"""Bounds for single containers and pods."""
