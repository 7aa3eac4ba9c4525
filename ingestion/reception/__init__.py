"""What was received, decoded and held against the fleet."""
