"""A device that keeps one reading after another until it is killed, and prints what it was told is kept."""

import sys
from datetime import timedelta

from foreworn.device import Broker, DeviceClient
from tests.unit.ingestion.plant import DEVICE, NEW_YEAR


def main(store: str, port: int) -> None:
    with DeviceClient(DEVICE, "west", store, Broker(port=port)) as client:
        while True:
            number = client.last_seq
            client.send({"vibration": number / 1000}, NEW_YEAR + timedelta(seconds=number))
            print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
