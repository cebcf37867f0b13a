"""What Google's models can be told, by their names.

From https://ai.google.dev/gemini-api/docs/generate-content/thinking and .../latest-model (November 2026):

- 2.5 thinks by a budget of tokens, from 3 on by a level; 2.5 Flash and Flash-Lite can be told not to think at all.
- Levels: 3 Pro low and high; 3.1 Pro low to high; Flash-Lite minimal to high; Flash as well, from 3.6 on low to high.
- From 3 on a call without its signature is refused, and results of tools may hold images.
- 3.6 Flash, 3.5 Flash-Lite and what came after them choose their sampling themselves.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.dialects.openai.reasoning import EFFORTS, effort_of

BUDGETS: Mapping[str, int] = MappingProxyType({
    "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 32768, "max": 32768,
})  # fmt: skip
"""What Google's own OpenAI-compatible endpoint makes of an effort, where a model thinks by budget."""

_NAME = re.compile(r"(?:models/)?gemini-(?P<major>\d+)(?:\.(?P<minor>\d+))?(?P<rest>.*)")
_NEWEST = (3, 6)


@dataclass(frozen=True, slots=True)
class Family:
    """`levels` or else `budget` (the least and the most) are how a model's thinking is chosen; without both it does not
    think. `can_rest`: it can be told not to. `samples`: its sampling can be chosen."""

    levels: tuple[str, ...] = ()
    budget: tuple[int, int] | None = None
    can_rest: bool = False
    samples: bool = True
    signs_calls: bool = False
    images_in_results: bool = False
    json_beside_tools: bool = False
    validates_calls: bool = False


def family_of(model: str) -> Family:
    """What a model can be told. A name without a version is one of the newest."""
    found = _NAME.match(model)
    if found is None:
        return _newest(_NEWEST, model) if "gemini" in model else Family()
    version = (int(found["major"]), int(found["minor"] or 0))
    if version >= (3, 0):
        return _newest(version, found["rest"])
    if version < (2, 5):
        return Family()
    if "flash" in found["rest"]:
        least = 512 if "lite" in found["rest"] else 1
        return Family(budget=(least, 24576), can_rest=True, validates_calls=True)
    return Family(budget=(128, 32768), validates_calls=True)


def thinking_config(body: JsonObject, model: str, warnings: list[str]) -> JsonObject | None:
    """How much the model is to think, None when nothing was said about it."""
    thinking = body.get("thinking")
    thinking = thinking if isinstance(thinking, dict) else {}
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in EFFORTS:
        warnings.append("`reasoning_effort` is left out: it is none of " + ", ".join(EFFORTS))
        effort = None
    if effort is None and thinking.get("type") not in ("enabled", "adaptive", "disabled"):
        return None
    family = family_of(model)
    off = effort == "none" or (effort is None and thinking.get("type") == "disabled")
    if not family.levels and family.budget is None:
        if not off:
            warnings.append(f"the wish for thinking is left out: {model} does not think")
        return None
    if off:
        return _least(family, model, warnings)
    config: JsonObject = {"includeThoughts": thinking.get("display") != "omitted"}
    if family.levels:
        if (wanted := effort or effort_of(thinking)) is not None:
            config["thinkingLevel"] = _nearest(family.levels, wanted).upper()
    elif family.budget is not None:
        config["thinkingBudget"] = _budget(family.budget, thinking, effort, model, warnings)
    return config


def _newest(version: tuple[int, int], rest: str) -> Family:
    if "pro" in rest:
        levels: tuple[str, ...] = ("low", "high") if version == (3, 0) else ("low", "medium", "high")
        samples = version < (3, 6)
    elif "lite" in rest:
        levels = ("minimal", "low", "medium", "high")
        samples = version < (3, 5)
    else:
        levels = ("low", "medium", "high") if version >= (3, 6) else ("minimal", "low", "medium", "high")
        samples = version < (3, 6)
    return Family(
        levels=levels,
        can_rest="minimal" in levels,
        samples=samples,
        signs_calls=True,
        images_in_results=True,
        json_beside_tools=True,
        validates_calls=True,
    )


def _least(family: Family, model: str, warnings: list[str]) -> JsonObject:
    """As little thinking as there is."""
    if not family.can_rest:
        warnings.append(f"{model} cannot be told not to think: it is asked to think as little as it can")
    if family.levels:
        return {"thinkingLevel": family.levels[0].upper()}
    return {"thinkingBudget": 0 if family.can_rest or family.budget is None else family.budget[0]}


def _nearest(levels: tuple[str, ...], wanted: str) -> str:
    """The level that comes nearest to an effort; rather more than less."""
    place = EFFORTS.index(wanted)
    return min(levels, key=lambda level: (abs(EFFORTS.index(level) - place), -EFFORTS.index(level)))


def _budget(limits: tuple[int, int], thinking: JsonObject, effort: str | None, model: str, warnings: list[str]) -> int:
    least, most = limits
    wanted = thinking.get("budget_tokens")
    if isinstance(wanted, int) and thinking.get("type") == "enabled":
        if wanted > most:
            warnings.append(f"the budget for thinking is cut to {most} tokens: {model} takes no more")
        return min(max(wanted, least), most)
    # -1 leaves it to the model.
    return -1 if effort is None else min(max(BUDGETS[effort], least), most)
