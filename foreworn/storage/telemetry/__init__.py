"""The telemetry store three times over: in memory, in one DuckDB file, in InfluxDB 2.

Each adapter is imported from its own module, so that a process only loads the driver it uses.
"""
