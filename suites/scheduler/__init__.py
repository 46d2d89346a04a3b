"""Room for other pods."""
