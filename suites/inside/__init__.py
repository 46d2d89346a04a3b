"""What the container itself can see."""
