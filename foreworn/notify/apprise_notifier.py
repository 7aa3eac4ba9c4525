"""Notifications through Apprise: e-mail, webhooks, chat, by address."""

import json
from collections.abc import Sequence

import apprise

from foreworn.errors import ConfigurationError, StoreUnavailable
from foreworn.loop.outbox import Message


class AppriseNotifier:
    """Delivers outbox messages to every address; to nobody where there is none.

    A message that one of several addresses refuses is tried again at all of them: receivers know a
    repeat by its key.

    Parameters
    ----------
    addresses
        Apprise addresses, such as `json://host/path` for a webhook or `mailto://...`.

    Raises
    ------
    ConfigurationError
        If an address is not one that Apprise knows; the address is not repeated, it may hold a password.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        self._apprise = apprise.Apprise()
        for place, address in enumerate(addresses, start=1):
            if not self._apprise.add(address):
                raise ConfigurationError(
                    f"address {place} in FOREWORN_NOTIFY__ADDRESSES is none that Apprise knows: write json://HOST/PATH "
                    "for a webhook or mailto://USER:PASSWORD@HOST?to=NAME for e-mail"
                )

    def deliver(self, message: Message) -> None:
        """Tell everybody.

        Raises
        ------
        StoreUnavailable
            If an address did not take it; the same message may be delivered later.
        """
        if not len(self._apprise):
            return
        body = json.dumps({"key": message.key, "topic": message.topic, **message.payload}, sort_keys=True)
        if not self._apprise.notify(title=f"Foreworn: {message.topic}", body=body):
            raise StoreUnavailable("a notification address", "it did not take the message")
