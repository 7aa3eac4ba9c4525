"""Reports that a person reads without the platform: one HTML file each (`foreworn.report.promotion_report`).

Its sentences are the terminal's too, so this package imports nothing by itself: charts take their time to load.
"""
