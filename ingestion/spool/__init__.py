"""Where what was taken in waits, durable, for the telemetry store."""
