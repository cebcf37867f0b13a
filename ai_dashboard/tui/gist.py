"""A request in a few words: what is special about it, and everything that a search in its row can find. Pure."""

from ai_dashboard.core.records import RequestRecord, Stage


def why(record: RequestRecord, *, brief: bool = False) -> str:
    """What is special about a request, then the rule that chose its provider: in brief without the part of the
    configuration that it stands in."""
    words: list[str] = []
    if is_running(record):
        words.append(str(record.stage))
    if record.stage is Stage.CUT:
        words.append("cut")
    if record.stage is Stage.GONE:
        words.append("gone")
    if record.cached:
        words.append(f"{record.cached} hit")
    if record.error:
        words.append(record.error)
    if record.fallback_from:
        words.append(f"fallback←{record.fallback_from}")
    if record.plan is not None and record.plan.rule:
        kind, _, name = record.plan.rule.partition(".")
        words.append((name or kind) if brief else record.plan.rule)
    return " · ".join(words)


def is_running(record: RequestRecord) -> bool:
    """Whether it has not ended yet."""
    return record.stage is Stage.WAITING or record.stage is Stage.STREAMING


def haystack(record: RequestRecord) -> str:
    """What a search for plain text looks through: everything that a row can show."""
    return "\n".join(
        (record.id, record.asked, record.model, record.provider, str(record.status), record.stage, why(record))
    ).casefold()
