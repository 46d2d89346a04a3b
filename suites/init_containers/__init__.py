"""Init containers that are resized while they work."""
