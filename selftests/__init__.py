"""The suite tested against real clusters: leaks, and nodes broken on purpose."""
