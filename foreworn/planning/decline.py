"""The one question of a decline: why; the usual answers are data, any other sentence will do."""

DECLINE_REASONS = (
    ("known", "We know about it and it is being watched"),
    ("planned", "It will be done with other planned work"),
    ("unlikely", "The readings do not look like a failure"),
    ("sensor", "The sensor is wrong, not the machine"),
    ("replaced", "It was replaced or repaired lately"),
    ("standing", "The machine stands still or is being taken out of use"),
    ("access", "The machine cannot be stopped in time"),
    ("not_worth_it", "It is cheaper to let it fail"),
)
"""(code, sentence); the sentence is what a form offers and what is kept as the reason."""
