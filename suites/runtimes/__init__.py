"""Container runtimes of several kinds and ages."""
