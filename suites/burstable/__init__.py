"""Burstable pods: every value may change by itself, under each resizePolicy."""
