"""Telling people and other systems: e-mail, chat and webhooks."""

from foreworn.notify.apprise_notifier import AppriseNotifier

__all__ = ["AppriseNotifier"]
