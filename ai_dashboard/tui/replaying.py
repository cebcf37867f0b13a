"""A request asked again: of which model, and what became of it in words."""

from ai_dashboard.core.control import ControlPort
from ai_dashboard.core.errors import GatewayError
from ai_dashboard.core.records import RequestRecord
from ai_dashboard.tui.feed import Unreachable, reason
from ai_dashboard.tui.screens.line import LineScreen


def question(record: RequestRecord) -> LineScreen:
    """Of which model? The one that was asked stands there."""
    said = f"{record.id} goes through the gateway once more, at your cost"
    return LineScreen("Ask again, of the model", said, record.asked, "ask", refused)


def refused(model: str) -> str:
    """Why this is no model, in words; empty when it may be one."""
    return "" if model.strip() else "write the name of a model, as a caller would"


async def replayed(port: ControlPort, record: RequestRecord, model: str) -> str:
    """Ask it again; a sentence on what became of it."""
    model = model.strip()
    try:
        again = await port.replay(record.id, model if model != record.asked else "")
    except GatewayError as refusal:
        return f"not asked again: {' · '.join(filter(None, (refusal.message, refusal.hint)))}"
    except Unreachable as failure:
        return f"not asked again: {reason(failure)}"
    return f"asked again as {again.id or 'a new request'}: status {again.status}; m marks one to compare the two"
