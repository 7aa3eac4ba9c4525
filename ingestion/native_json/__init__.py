"""Foreworn's own wire format: JSON over MQTT."""

from ingestion.native_json.decoder import NativeJsonDecoder

__all__ = ["NativeJsonDecoder"]
