"""From the spool, and from the quarantine, to the telemetry store."""
