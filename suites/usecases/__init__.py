"""The use cases of KEP-1287."""
