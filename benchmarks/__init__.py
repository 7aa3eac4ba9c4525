"""Benchmarks, run by hand or by `make bench`: `python -m benchmarks.NAME`."""
