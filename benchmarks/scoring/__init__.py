"""How much a core scores: from features, from samples in the store, and at a live hour."""
