"""Clusters that somebody else made: looked at, used with care, and left as they were."""
