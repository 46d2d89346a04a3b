"""Memory limits below the usage."""
