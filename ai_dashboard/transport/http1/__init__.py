"""The HTTP/1.1 server: strict in what it accepts, one coroutine a request, back-pressure both ways."""

from ai_dashboard.transport.http1.exchange import Exchange
from ai_dashboard.transport.http1.limits import Limits
from ai_dashboard.transport.http1.reply import HeaderBlock, header_block
from ai_dashboard.transport.http1.server import Handler, Server

__all__ = ["Exchange", "Handler", "HeaderBlock", "Limits", "Server", "header_block"]
