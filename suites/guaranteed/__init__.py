"""Guaranteed pods."""
