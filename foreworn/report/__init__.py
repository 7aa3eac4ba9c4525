"""Reports that a person reads without the platform: one HTML file each."""
