"""Foreworn's own wire format: JSON over MQTT."""

from ingestion.formats.native_json.decoder import NativeJsonDecoder

__all__ = ["NativeJsonDecoder"]
