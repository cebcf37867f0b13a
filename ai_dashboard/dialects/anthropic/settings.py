"""How a model is to answer: the length, thinking, sampling and choice of tools of an ask, as its family takes them.

They are decided together, because Anthropic refuses many of their combinations: thinking leaves no room for sampling or
for a forced tool, and takes its tokens from `max_tokens`.
"""

from collections.abc import Iterable

from ai_dashboard.core.chat import JsonObject, Target
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.anthropic.families import OTHER, Family, family_of

WITHOUT_SAMPLING = "2026-10-21"
"""The version of the API from which `temperature`, `top_p` and `top_k` are refused, whatever the model."""

MIN_BUDGET = 1024
"""The least that a model may be given to think with."""

BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 32768}
"""What an effort is in tokens, for models that know no efforts: Anthropic advises to begin with the least, and not to
expect more from over 32k."""

ROOM = 4096
"""What is left for the answer beside a budget that nobody gave a limit to."""

NONE = "none"


@dataclass(slots=True)
class Settings:
    """Decides in order, each step knowing what those before it have set in `written`."""

    body: JsonObject
    target: Target
    version: str
    warnings: list[str]
    choice: JsonObject | None = None
    calls_without_thinking: bool = False

    def write(self) -> JsonObject:
        family = family_of(self.target.model)
        written: JsonObject = {"max_tokens": self._max_tokens(family)}
        thinking, effort = self._thinking(family)
        if self._is_forced and not family.forced_tools:
            self.choice = {"type": "auto"} | {name: on for name, on in (self.choice or {}).items() if "disable" in name}
            self.warnings.append("`tool_choice` becomes auto: this model cannot be made to call a tool")
        thinking = self._beside_tools(family, thinking)
        if thinking is not None and thinking["type"] == "enabled":
            thinking = self._beside_answer(thinking, written)
        if thinking is not None:
            written["thinking"] = thinking
        if effort is not None:
            # Above high a model cannot be asked not to think.
            too_high = thinking is not None and thinking == _off(family) and effort in ("xhigh", "max")
            written["output_config"] = {"effort": "high" if too_high else effort}
        thinks = thinking is not None and thinking["type"] in ("enabled", "adaptive")
        written |= self._sampling(family, thinks=thinks)
        if self.choice is not None:
            written["tool_choice"] = self.choice
        return written

    @property
    def _is_forced(self) -> bool:
        return self.choice is not None and self.choice["type"] in ("any", "tool")

    @property
    def _asked_tokens(self) -> int | None:
        asked = [_count(self.body, name) for name in ("max_completion_tokens", "max_tokens")]
        return next((count for count in asked if count is not None), None)

    def _max_tokens(self, family: Family) -> int:
        """Anthropic wants a limit. Elsewhere none means as much as the model can say, so that is what it is here."""
        told = self.target.max_output
        most = told or family.max_output
        if (asked := self._asked_tokens) is None:
            window = self.target.context_length
            return min(most, max(1, window // 2)) if window else most
        if asked > most and (told is not None or family is not OTHER):
            self.warnings.append(f"`max_tokens` {asked} becomes {most}: it is the most that this model can say")
            return most
        return asked

    def _thinking(self, family: Family) -> tuple[JsonObject | None, str | None]:
        """`thinking` and `effort`."""
        effort = self._effort()
        asked = self.body.get("thinking")
        if not isinstance(asked, dict | None):
            raise CallerError("`thinking` is not an object")
        if asked is None and effort is None:
            return None, None
        kind = asked.get("type") if asked else None
        if kind not in (None, "enabled", "adaptive", "disabled"):
            raise CallerError("`thinking.type` is none of enabled, adaptive and disabled")
        if kind == "disabled" or (kind is None and effort == NONE):
            return self._without_thinking(family)
        if family.thinks == "never":
            self.warnings.append("thinking is left out: this model does not think")
            return None, None
        budget = self._budget(asked)
        level = _level(effort, family)
        if family.thinks == "budget" or (family.thinks == "either" and budget is not None):
            tokens = max(MIN_BUDGET, budget or BUDGETS.get(effort or "medium", MIN_BUDGET))
            return {"type": "enabled", "budget_tokens": tokens}, level
        if budget is not None and level is None:
            level = "low" if budget <= BUDGETS["low"] else "medium" if budget <= BUDGETS["medium"] else "high"
            self.warnings.append(f"`thinking.budget_tokens` becomes the effort {level}: this model takes no budget")
        if not family.display:
            return {"type": "adaptive"}, level
        # Callers of other dialects read thinking as text, and these models show none unless they are asked to.
        omitted = asked is not None and asked.get("display") == "omitted"
        return {"type": "adaptive", "display": "omitted" if omitted else "summarized"}, level

    def _effort(self) -> str | None:
        effort = self.body.get("reasoning_effort")
        if effort is not None and (not isinstance(effort, str) or effort not in (NONE, *BUDGETS)):
            raise CallerError(f"`reasoning_effort` is none of {', '.join((NONE, *BUDGETS))}")
        return effort

    def _budget(self, asked: JsonObject | None) -> int | None:
        """The budget, where thinking was asked for with one."""
        budget = asked.get("budget_tokens") if asked and asked.get("type") == "enabled" else None
        if budget is not None and (not isinstance(budget, int) or isinstance(budget, bool) or budget < 1):
            raise CallerError("`thinking.budget_tokens` is not a positive whole number")
        return budget

    def _without_thinking(self, family: Family) -> tuple[JsonObject | None, str | None]:
        if family.off == "never":
            self.warnings.append("thinking is not turned off, but kept low: this model always thinks")
            return None, "low"
        return _off(family), None

    def _beside_tools(self, family: Family, thinking: JsonObject | None) -> JsonObject | None:
        """A forced tool is what the caller's program waits for, so thinking makes way. A model that thinks unless it is
        told not to is told."""
        thinks = thinking is not None and thinking["type"] in ("enabled", "adaptive")
        if self._is_forced and family.off != "never":
            if thinks:
                self.warnings.append("thinking is left out: Anthropic's models do not think before a forced tool call")
            return _off(family)
        if thinking is not None and thinking["type"] == "enabled" and self.calls_without_thinking:
            self.warnings.append("thinking is left out: the turn that is going on began without")
            return None
        return thinking

    def _beside_answer(self, thinking: JsonObject, written: JsonObject) -> JsonObject | None:
        """The budget is part of `max_tokens`, and must be less. A limit that the caller gave stays."""
        budget, limit = thinking["budget_tokens"], written["max_tokens"]
        if budget < limit:
            return thinking
        if self._asked_tokens is None:
            written["max_tokens"] = budget + ROOM
            return thinking
        if limit <= MIN_BUDGET:
            self.warnings.append(f"thinking is left out: it takes {MIN_BUDGET} tokens, and `max_tokens` is {limit}")
            return None
        half = max(MIN_BUDGET, limit // 2)
        if self._budget(self.body.get("thinking")) is not None:
            self.warnings.append(f"`thinking.budget_tokens` {budget} becomes {half}: `max_tokens` is {limit}")
        return thinking | {"budget_tokens": half}

    def _sampling(self, family: Family, *, thinks: bool) -> JsonObject:
        given = {name: _number(self.body, name) for name in ("temperature", "top_p", "top_k")}
        wanted = {name: value for name, value in given.items() if value is not None and not _is_usual(name, value)}
        if not family.sampling or self.version >= WITHOUT_SAMPLING:
            self._lose(wanted, "this model, or this version of Anthropic's API, takes none")
            return {}
        if thinks:
            kept = {name: value for name, value in wanted.items() if name == "top_p" and value >= 0.95}
            self._lose(wanted.keys() - kept.keys(), "Anthropic takes none while a model thinks")
            return kept
        if (temperature := wanted.get("temperature", 0)) > 1:
            self.warnings.append(f"`temperature` {temperature} becomes 1: it is the most that Anthropic takes")
            wanted["temperature"] = 1
        if not family.both and "temperature" in wanted and "top_p" in wanted:
            self._lose(["top_p"], "this model takes either `temperature` or `top_p`")
            del wanted["top_p"]
        return wanted

    def _lose(self, names: Iterable[str], why: str) -> None:
        self.warnings.extend(f"`{name}` is left out: {why}" for name in sorted(names))


def _off(family: Family) -> JsonObject | None:
    return {"type": family.off} if family.off in ("disabled", "between_tools") else None


def _level(effort: str | None, family: Family) -> str | None:
    """The nearest of the efforts that a family knows."""
    if effort is None or effort == NONE or not family.efforts:
        return None
    if effort == "minimal":
        return "low"
    return effort if effort in family.efforts else "high"


def _count(body: JsonObject, name: str) -> int | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise CallerError(f"`{name}` is not a whole number")
    return value


def _number(body: JsonObject, name: str) -> float | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
        raise CallerError(f"`{name}` is not a number")
    return value


def _is_usual(name: str, value: float) -> bool:
    """What a model does when it is told nothing. Elsewhere 0 and -1 are words for no `top_k`."""
    return value <= 0 if name == "top_k" else value == 1
