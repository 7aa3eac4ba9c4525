"""The folders of trained models, opened: without the other stores, so that who only lists models waits for nothing."""

from foreworn.settings import Settings
from models.life.registry import FolderLifeStore
from models.registry import FolderDetectorStore, FolderModelStore


def open_detector_store(settings: Settings) -> FolderDetectorStore:
    """Open the folder of trained anomaly detectors."""
    return FolderDetectorStore(settings.data_dir / "detectors")


def open_life_store(settings: Settings) -> FolderLifeStore:
    """Open the folder of trained models of remaining life."""
    return FolderLifeStore(settings.data_dir / "lives")


def open_model_store(settings: Settings) -> FolderModelStore:
    """Open the folder of trained failure models."""
    return FolderModelStore(settings.data_dir / "models")
