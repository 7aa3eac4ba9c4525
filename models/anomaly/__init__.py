"""Anomaly scores: how unlike their healthy past machines behave, per machine model and operating regime."""

from models.anomaly.artefact import read_detector, write_detector
from models.anomaly.detector import SubspaceDetector
from models.anomaly.settings import AnomalySettings
from models.anomaly.training import train

__all__ = ["AnomalySettings", "SubspaceDetector", "read_detector", "train", "write_detector"]
