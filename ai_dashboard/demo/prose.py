"""Answers that read like prose and say that they are simulated, put together from a small vocabulary.

A token is a run of letters or digits, or one other character, with the white space before it. That is no model's
tokenizer, but it is the same rule for what is counted, what is billed and what is sent, so the figures add up.
"""

import json
import re
from collections.abc import Mapping
from random import Random
from typing import Any

_TOKEN = re.compile(r"\s*(?:\w+|[^\w\s])|\s+\Z")
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON = frozenset(
    {"about", "also", "been", "behind", "between", "could", "does", "every", "explain", "from", "have", "into", "just"}
    | {"like", "make", "more", "need", "only", "over", "please", "should", "show", "size", "some", "tell", "than"}
    | {
        "that",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "under",
        "using",
        "very",
        "want",
        "what",
    }
    | {"when", "where", "which", "while", "will", "with", "would", "write", "your"}
)

_SENTENCES = (
    "Start with {topic}, because everything else depends on it.",
    "In practice {topic} and {other} pull in different directions.",
    "Measure {topic} before you change it, and again afterwards.",
    "Most of the trouble with {topic} comes from what nobody wrote down.",
    "A small experiment tells you more about {topic} than a long plan.",
    "If {other} matters more to you, accept a slower {topic}.",
    "Keep {topic} simple until a figure says that simple is not enough.",
    "There are two good ways to look at {topic}: by its cost and by its failures.",
    "The usual mistake is to tune {other} when {topic} is the bottleneck.",
    "Once {topic} is stable, {other} becomes much easier to reason about.",
    "For a team of any size, {topic} should have one owner.",
    "When in doubt, prefer the version of {topic} that you can undo.",
)


_STEPS = (
    "First, what exactly is asked about {topic}?",
    "Next, {topic} has to be weighed against {other}.",
    "An example of {topic} would make this easier to follow.",
    "It is tempting to begin with {other}, but {topic} comes first.",
    "Nothing about {topic} is looked up here, so it stays general.",
    "That leaves {topic}, in a few plain sentences.",
)


def tokens_of(text: str) -> tuple[str, ...]:
    """The tokens of a text; joined, they are the text."""
    return tuple(_TOKEN.findall(text))


def answer(prompt: str, length: int, chance: Random) -> str:
    """About `length` tokens of prose on the prompt's own words, in whole sentences."""
    return _sentences("This is a simulated answer about {topic}.", _SENTENCES, prompt, length, chance)


def thoughts(prompt: str, length: int, chance: Random) -> str:
    """About `length` tokens of what might precede an answer."""
    return _sentences("This is simulated thinking about {topic}.", _STEPS, prompt, length, chance)


def _sentences(first: str, others: tuple[str, ...], prompt: str, length: int, chance: Random) -> str:
    topics = _topics(prompt)
    parts = [first.format(topic=topics[0])]
    count = len(tokens_of(parts[0]))
    deck: list[str] = []
    while count < length:
        deck = deck or chance.sample(others, len(others))
        topic, other = chance.choice(topics), chance.choice(topics)
        sentence = deck.pop().format(topic=topic, other="the rest" if other == topic else other)
        parts.append(sentence)
        count += len(tokens_of(sentence))
    return " ".join(parts)


def tool_arguments(schema: Mapping[str, Any], prompt: str) -> str:
    """Arguments for a tool, as JSON text: one value of the right type for each required property of its schema."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return "{}"
    required = schema.get("required")
    names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else properties
    return json.dumps({name: _value(properties.get(name), prompt) for name in names}, ensure_ascii=False)


def _topics(prompt: str) -> list[str]:
    """The words that a prompt seems to be about, each once, in its own order; never none."""
    words = dict.fromkeys(word for word in _WORD.findall(prompt) if word.lower() not in _COMMON)
    return list(words)[:6] or ["the question"]


def _value(schema: object, prompt: str) -> object:
    """A value that a JSON schema would take; a text is the last capitalised word of the prompt, such as a city."""
    if not isinstance(schema, Mapping):
        return None
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    match schema.get("type"):
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "array":
            return []
        case "object":
            return {}
        case _:
            names = re.findall(r"\b[A-Z]\w+", prompt)
            return names[-1] if names else "Berlin"
