"""Telemetry: what devices say, what it may look like, and the ports it passes through."""
