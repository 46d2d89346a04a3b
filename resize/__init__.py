"""What the suite knows about resizing: quantities, cgroups, patches, observation, expectations by version."""
