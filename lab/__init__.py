"""A test lane: Debian's Docker engine, and node images put together here for the real kind and k3d.

Nothing of it is part of what users run; see docs/lab.md.
"""
