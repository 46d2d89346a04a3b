"""Component binaries and images: where they come from, and a cache for them."""
