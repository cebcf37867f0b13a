"""Reasons for people, and that none which routing gives is without words."""

import re
from pathlib import Path

import pytest

from ai_dashboard.core.plan import Excluded
from ai_dashboard.core.reasons import MEANINGS, in_words, remedy

ROUTING = Path(__file__).parents[3] / "ai_dashboard" / "routing"


def left_out(reason: str) -> Excluded:
    return Excluded("vllm", "qwen", reason)


@pytest.mark.parametrize(
    ("reason", "words", "what_to_do"),
    [
        ("disabled", "switched off in providers.yaml", "set `status: active` for vllm in providers.yaml"),
        ("no API key", "its API key is missing", "vllm's key"),
        ("context 9000 > 8192", "prompt and answer do not fit into its window (tokens): 9000 > 8192", "send less"),
        ("unavailable: connection refused.", "it is down: connection refused", "start vllm"),
        ("unavailable", "it is down", "start vllm"),
        (
            "no_vision: its `supports` lists tools",
            "it takes no images: its `supports` lists tools",
            "`supports` of qwen",
        ),
        ("residency:eu (answers in us)", "a residency rule keeps the request away from it: eu (answers in us)", "rule"),
        ("min_context 1 < 2", "its window is too small for the capability: 1 < 2", "lower `min_context`"),
        ("disabled_by_operator", "disabled by an operator", "providers enable vllm"),
        ("quota_of_acme: spent", "quota_of_acme: spent", ""),
        ("offers no such path", "offers no such path", ""),
    ],
)
def test_what_a_reason_means_and_what_helps(reason: str, words: str, what_to_do: str) -> None:
    assert in_words(left_out(reason)) == words
    assert what_to_do in remedy(left_out(reason))
    assert bool(remedy(left_out(reason))) == bool(what_to_do)


def test_names_with_braces_are_names() -> None:
    assert "set `status: active` for {x} in" in remedy(Excluded("{x}", "{y}", "disabled"))


def test_every_word_that_routing_begins_a_reason_with_has_a_meaning() -> None:
    """The words are written where they are decided. One that is new there needs words here."""
    sources = (ROUTING / f"{name}.py" for name in ("eligibility", "requirements"))
    literals = re.findall(r'return \(?[^"\n]*f?"([a-z_]+)(?=[:"])', "\n".join(path.read_text() for path in sources))
    words = {word for word in literals if "_" in word or word in {"region", "draining", "cooldown", "disabled"}}
    assert len(words) > 8
    assert words - {"no_"} <= set(MEANINGS)
