"""What runs beside a machine: a client that keeps every reading until the platform says it has it."""

from foreworn.device.backlog import BacklogFailed, BacklogFull, Durability, WhenFull
from foreworn.device.broker import Broker
from foreworn.device.client import DeviceClient
from foreworn.device.delivery import Delivery

__all__ = ["BacklogFailed", "BacklogFull", "Broker", "Delivery", "DeviceClient", "Durability", "WhenFull"]
