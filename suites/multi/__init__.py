"""Pods of several containers, whose values change in different directions at once."""
