"""CPU manager policies."""
