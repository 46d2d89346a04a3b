"""Other updates of the pod."""
