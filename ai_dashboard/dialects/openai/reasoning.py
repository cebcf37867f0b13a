"""Which of OpenAI's models think before they answer, and what such a model refuses to be told.

From https://developers.openai.com/api/docs/guides/reasoning and the models' own pages, November 2026:

- o1, o3, o4 and every gpt-5 or later think, but for those called `-chat`. They refuse sampling and log probabilities
  unless they are told not to think (effort `none`, from gpt-5.1 on), and `stop`.
- Efforts: o-series low to high; gpt-5 minimal to high; from 5.1 on none, low to high; from 5.2 on xhigh; from 5.6 max.
- From gpt-5.4 on, chat completions take tools only when the model is told not to think.
"""

import re

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass

NOT_WHILE_THINKING: tuple[tuple[str, object], ...] = (
    ("temperature", 1), ("top_p", 1), ("presence_penalty", 0), ("frequency_penalty", 0), ("logprobs", False),
    ("top_logprobs", 0), ("logit_bias", {}), ("stop", []),
)  # fmt: skip
"""Fields that a thinking model refuses, each with the value that asks for nothing and is left out without a word."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_FAMILY = re.compile(r"(?:ft:)?(?:o[1-9]|gpt-(?P<major>[1-9]\d*)(?:\.(?P<minor>\d+))?)(?![\w.])")


@dataclass(frozen=True, slots=True)
class Thinker:
    """What a thinking model can be told. `tools_need_none`: it takes tools only when it is told not to think."""

    efforts: tuple[str, ...]
    tools_need_none: bool = False
    parallel: bool = True

    def nearest(self, effort: str) -> str:
        """The effort that the model knows and that comes nearest to the one that is wanted; rather more than less."""
        wanted = EFFORTS.index(effort)
        return min(self.efforts, key=lambda known: (abs(EFFORTS.index(known) - wanted), -EFFORTS.index(known)))


def thinker(model: str) -> Thinker | None:
    """What a model of OpenAI's can be told of thinking; None when it does not think."""
    family = _FAMILY.match(model)
    if family is None or "-chat" in model:
        return None
    if family["major"] is None:
        return Thinker(("low", "medium", "high"), parallel=False)
    version = (int(family["major"]), int(family["minor"] or 0))
    if version < (5, 0):
        return None
    if version == (5, 0):
        return Thinker(("minimal", "low", "medium", "high"))
    more = ("xhigh",) if version < (5, 6) else ("xhigh", "max")
    efforts = ("none", "low", "medium", "high", *(more if version >= (5, 2) else ()))
    return Thinker(efforts, tools_need_none=version >= (5, 4))


def effort_of(thinking: object) -> str | None:
    """The effort that comes nearest to a budget of thinking; None where the model is left to choose."""
    if not isinstance(thinking, dict):
        return None
    if thinking.get("type") == "disabled":
        return "none"
    budget = thinking.get("budget_tokens")
    if not isinstance(budget, int):
        return None
    return "low" if budget <= 4096 else "medium" if budget <= 16384 else "high"


def fit(body: JsonObject, model: str) -> list[str]:
    """Make an ask one that the model accepts. Says what had to be left out."""
    known = thinker(model)
    effort = body.pop("reasoning_effort", None)
    if known is None:
        wanted = isinstance(effort, str) and effort != "none"
        return [f"the wish for thinking is left out: {model} does not think"] if wanted else []
    warnings = []
    if known.tools_need_none and body.get("tools"):
        if effort not in (None, "none"):
            warnings.append(f"`reasoning_effort` is left out: beside tools {model} takes none in chat completions")
        effort = "none"
    if effort in EFFORTS:
        effort = body["reasoning_effort"] = known.nearest(effort)
    elif effort is not None:
        body["reasoning_effort"] = effort  # for the service to judge
    if not known.parallel:
        # These models make one call at a time and refuse to be told so.
        body.pop("parallel_tool_calls", None)
    if effort == "none":
        return warnings
    for name, nothing in NOT_WHILE_THINKING:
        value = body.pop(name, nothing)
        if value != nothing:
            warnings.append(f"`{name}` is left out: {model} refuses it, since it thinks before it answers")
    return warnings
