"""The forms of a request."""
