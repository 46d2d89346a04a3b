"""What a namespace may ask for in all."""
