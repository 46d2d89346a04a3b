"""Static pods."""
