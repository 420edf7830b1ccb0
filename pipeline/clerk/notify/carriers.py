"""The carrier of each kind of channel, from what the administrator said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from pipeline.clerk.notify.browser_push import BrowserPush
from pipeline.clerk.notify.carrier import Carrier
from pipeline.clerk.notify.mail import Mail
from pipeline.clerk.notify.posting import check_address
from pipeline.clerk.notify.sms import SmsGateway
from pipeline.clerk.notify.webhook import Webhook
from pipeline.database.channels import Channel, NewChannel, Subscription
from pipeline.domain.errors import BadInput, ConfigurationError
from pipeline.domain.notification import ChannelKind
from pipeline.push.services import hosts_of
from pipeline.push.vapid import read_key


def carrier_of(
    by: Channel,
    home_root: Path,
    public_url: str,
    clock: Callable[[], datetime],
    gone: Callable[[Subscription], None],
) -> Carrier:
    """The carrier of a channel; raises `BadInput` or `ConfigurationError` when what was said of it cannot be used."""
    match by.kind:
        case ChannelKind.WEBHOOK:
            check_address(by.address)
            return Webhook(by.address, by.secret_path)
        case ChannelKind.SMS:
            return _sms(by.address, by.options, by.secret_path)
        case ChannelKind.EMAIL:
            return _mail(by.address, by.options, by.secret_path)
        case ChannelKind.PUSH:
            key = read_key(home_root)
            if key is None:
                raise ConfigurationError("The push key is gone from the home folder; turn push on again.")
            contact = by.options.get("contact") or public_url
            return BrowserPush(hosts_of(by.address), key, contact, clock, gone)


def check(wanted: NewChannel) -> None:
    """Raise `BadInput` for a channel that no carrier could be made of."""
    match wanted.kind:
        case ChannelKind.WEBHOOK:
            check_address(wanted.address)
        case ChannelKind.SMS:
            _sms(wanted.address, wanted.options, wanted.secret_path)
        case ChannelKind.EMAIL:
            _mail(wanted.address, wanted.options, wanted.secret_path)
        case ChannelKind.PUSH:
            hosts_of(wanted.address)


def _sms(address: str, options: Mapping[str, str], secret_path: str) -> SmsGateway:
    check_address(address)
    return SmsGateway(
        address,
        options.get("to_field", "to"),
        options.get("text_field", "text"),
        options.get("format", "json") == "form",
        secret_path,
    )


def _mail(address: str, options: Mapping[str, str], secret_path: str) -> Mail:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise BadInput("A mail server is named by host and port, such as smtp.example:587.")
    sender = options.get("from", "")
    if "@" not in sender:
        raise BadInput("Say from which address mail is sent.")
    return Mail(host, int(port), sender, options.get("tls", "starttls"), options.get("user", ""), secret_path)
