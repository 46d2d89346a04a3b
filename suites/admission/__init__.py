"""Policies that look at pods."""
