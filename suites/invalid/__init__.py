"""Requests that change what a resize can't change."""
