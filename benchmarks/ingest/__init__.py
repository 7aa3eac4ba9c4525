"""How much one core takes in, beside what others would use instead."""
