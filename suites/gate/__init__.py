"""The feature gate."""
