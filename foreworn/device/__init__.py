"""What runs beside a machine: a client that keeps every reading until the platform says it has it."""
