"""Who is served next when a provider has no place left: levels, age, deadlines, fair shares."""

from ai_dashboard.queueing.priority import Priority
from ai_dashboard.queueing.request_queue import QueuedRequest, RequestQueue

__all__ = ["Priority", "QueuedRequest", "RequestQueue"]
