"""InfluxDB line protocol over MQTT, as a Telegraf edge publishes it."""

from ingestion.formats.line_protocol.decoder import LineProtocolDecoder

__all__ = ["LineProtocolDecoder"]
