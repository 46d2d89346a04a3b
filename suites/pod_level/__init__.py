"""Pods with resources of their own, beside or instead of those of their containers (KEP-2837, KEP-5419)."""
