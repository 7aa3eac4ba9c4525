"""What pages and API both read from the ports, put together once."""
