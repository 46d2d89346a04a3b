"""Sidecars: init containers that go on beside the others."""
