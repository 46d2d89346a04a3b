"""Extended resources beside CPU and memory."""
