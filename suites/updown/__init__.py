"""Raising and lowering CPU and memory."""
