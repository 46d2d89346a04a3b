"""What a local cluster leaves behind, however its life ends: nothing."""
