"""The cases, a folder a feature."""
