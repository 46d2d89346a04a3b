"""Beside what can not be resized."""
