"""How good the models are, on public sets with published results."""
