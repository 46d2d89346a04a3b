"""A test lane: Debian's Docker engine and node images put together here, so that the real kind and k3d bring up clusters.

Nothing of it is part of what users run; see docs/lab.md.
"""
