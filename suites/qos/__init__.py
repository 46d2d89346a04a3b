"""The QoS class stays."""
