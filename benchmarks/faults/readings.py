"""What the devices of a fault schedule say: values follow from (seed, device, number), so no ledger keeps them."""

import hashlib
from collections.abc import Mapping
from typing import Final

from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType, SignalValue

MODEL: Final = "fault-pump"
SITE: Final = "west"
_MODES = ("run", "idle", "purge", "off")
_LARGEST_START = 2**62  # past what a double holds exactly
_ABSENT = 8  # one value in so many is left out of its reading

CATALOGUE: Final = SignalCatalogue(
    {
        MODEL: [
            Signal("vibration_rms", "mm/s", low=0.0, high=100.0),
            Signal("pressure", "bar", low=-1.0, high=40.0),
            Signal("oil_temperature", "°C", low=-50.0, high=150.0),
            Signal("serial", type=SignalType.INTEGER),
            Signal("cycles", type=SignalType.COUNTER, low=0.0),
            Signal("mode", type=SignalType.STATE, states=_MODES),
        ]
    }
)


def values_of(seed: int, device: str, number: int) -> Mapping[str, SignalValue]:
    """Return the values of a device's reading of this number.

    Examples
    --------
    >>> values_of(1, "d0", 7) == values_of(1, "d0", 7), values_of(1, "d0", 7) == values_of(1, "d0", 8)
    (True, False)
    """
    dice = hashlib.blake2b(f"{seed}/{device}/{number}".encode(), digest_size=32).digest()
    share = [int.from_bytes(dice[i : i + 4], "big") / 2**32 for i in range(0, 16, 4)]
    whole: dict[str, SignalValue] = {
        "vibration_rms": share[0] * 100.0,
        "pressure": share[1] * 41.0 - 1.0,
        "oil_temperature": round(share[2] * 200.0 - 50.0, 1),
        "serial": int.from_bytes(dice[16:24], "big") % _LARGEST_START,
        "cycles": number,
        "mode": _MODES[dice[24] % len(_MODES)],
    }
    absent = [name for name, chance in zip(whole, dice[25:31], strict=True) if chance % _ABSENT == 0]
    return {name: value for name, value in whole.items() if name not in absent or name == "cycles"}
