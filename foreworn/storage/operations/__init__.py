"""The operations store: the fleet, quarantine, progress, dirty windows and verdicts, in memory or in SQL."""
