"""Parts of the cluster that are away for a while."""
