"""Economics: what maintenance and failures cost, and what acting earlier saves."""
