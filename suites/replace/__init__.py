"""A resize by PUT of the whole pod."""
