"""The upstream client: pooled HTTP/1.1 connections to providers, with deadlines and one error tree."""

from ai_dashboard.transport.client.client import UpstreamClient
from ai_dashboard.transport.client.endpoint import Endpoint
from ai_dashboard.transport.client.pool import PoolLimits
from ai_dashboard.transport.client.reply import UpstreamReply
from ai_dashboard.transport.client.timeouts import Timeouts

__all__ = ["Endpoint", "PoolLimits", "Timeouts", "UpstreamClient", "UpstreamReply"]
