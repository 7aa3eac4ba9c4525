"""Faults on purpose: what devices were told is safe is held against what the store has."""
