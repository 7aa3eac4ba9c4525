"""Reports that a person reads without the platform: one HTML file each."""

from foreworn.report.promotion_report import promotion_report
from foreworn.report.record import UnreadableReport

__all__ = ["UnreadableReport", "promotion_report"]
