"""Volumes in memory, whose size is resized with the pod."""
