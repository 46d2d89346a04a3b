"""What does not fit now."""
