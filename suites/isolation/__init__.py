"""What a resize must leave alone."""
