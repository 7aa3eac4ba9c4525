"""The file that every folder of a trained model holds, by the model's kind."""

from typing import Final

FAILURE_MODEL: Final = "model.json"
DETECTOR: Final = "detector.json"
