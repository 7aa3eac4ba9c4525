"""What the API answers, field by field; units stand in the names."""
