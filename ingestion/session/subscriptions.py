"""What a collector subscribes to, and what it says where the broker does not let it."""

from collections.abc import Sequence

from paho.mqtt.reasoncodes import ReasonCode

from foreworn.errors import ConfigurationError
from foreworn.telemetry.wire import DEVICE_KINDS, PREFIX

QOS = 1
SUBSCRIPTIONS = [(f"{PREFIX}/+/+/{kind}", QOS) for kind in DEVICE_KINDS]


def refusal(granted: Sequence[ReasonCode]) -> ConfigurationError | None:
    """Return why these answers of the broker will not do, or None if they will.

    At QoS 0 the broker would forget messages before they are durable; at QoS 2 it would deliver what cannot be
    acknowledged with one packet.
    """
    by_name = [(name, reason) for (name, _), reason in zip(SUBSCRIPTIONS, granted, strict=False)]
    refused = [name for name, reason in by_name if reason.is_failure]
    if refused:
        return ConfigurationError(f"the broker refuses the subscription to {', '.join(refused)}: grant it")
    odd = [f"{name} at QoS {reason.value}" for name, reason in by_name if reason.value != QOS]
    if odd:
        return ConfigurationError(
            f"the broker grants {', '.join(odd)}: the collector needs QoS {QOS}, no more, no less"
        )
    return None
