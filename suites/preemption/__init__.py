"""Room made by ending other pods."""
