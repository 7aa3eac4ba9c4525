"""Wire formats, a folder each, and what they are decoded to."""
