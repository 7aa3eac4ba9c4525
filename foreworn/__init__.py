"""Foreworn: from machine telemetry to maintenance done before the failure."""

from importlib.metadata import version

__version__ = version("foreworn")
__all__ = ["__version__"]
