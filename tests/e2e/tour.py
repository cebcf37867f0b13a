"""The tour: what somebody does who meets the app, step by step, in the demo.

`docs/tour.md` tells it, `test_tour.py` walks it in tmux, `tests/docs/tour_pictures.py` takes its pictures. Keys are
named as Textual names them.
"""

from dataclasses import dataclass

SIZE = (120, 40)

FLAP_S = 24
"""A provider of the demo is there for one half of that time, and gone for the other."""

ARGUMENTS = ("--demo", "--port", "0", "--fault", f"flap={FLAP_S}s@demo-vllm")

RULE_OF_QWEN = 15
"""Lines from the top of the demo's `model-mappings.yaml` to the provider of the rule `^qwen`."""

FILTER = "failed:demo-vllm stage:done"
"""Requests that it has failed and that were answered all the same."""


@dataclass(frozen=True, slots=True)
class Step:
    """Press the keys, then wait for all the words; `picture` is what is taken then."""

    keys: tuple[str, ...]
    words: tuple[str, ...]
    picture: str = ""
    within_s: float = 10.0


STEPS = (
    Step((), ("● LIVE DEMO", "demo-vllm", "streaming"), "1-overview", within_s=20),
    Step((), ("demo-vllm is unavailable",), "2-alert", within_s=FLAP_S),
    Step(("/", *FILTER, "enter"), (f"/{FILTER} ", "fallback←"), within_s=FLAP_S / 2),
    Step(("9",), ("llm_call_failed", "✗ critical")),
    Step(("tab",), ("⏎ Cause",), "3-log"),
    Step(("enter",), ("/failed:demo-vllm", "match")),
    Step(("enter",), ("Waterfall", "Attempts", "demo-vllm"), "4-request"),
    Step(("w",), ("as request", "demo-vllm"), "5-plan"),
    Step(("4", "end"), ("/failed:demo-vllm", "follow")),
    Step(("enter",), ("Waterfall",)),
    Step(("R",), ("Ask again, of the model",)),
    Step(("enter",), ("asked again as",), within_s=20),
    Step(("c",), ("providers.yaml · as on disk",)),
    Step(("ctrl+pagedown",), ("model-mappings.yaml · as on disk",)),
    Step((*["down"] * RULE_OF_QWEN, "end"), (f"{RULE_OF_QWEN + 1}:22",)),
    Step((*["backspace"] * len("vllm"), *"ollama"), ("model-mappings.yaml · edited", "Changes 1")),
    Step(("escape",), ("e Edit",)),
    Step(("tab",), ("changed pattern ^qwen",)),
    Step(("tab",), ("requests would go elsewhere",), "6-what-if"),
    Step(("ctrl+s",), ("saved: configuration #2 is in force",)),
    Step(("tab",), ("this screen", "b Roll back")),
    Step(("b",), ("Roll back?",), "7-roll-back"),
    Step(("y",), ("rolled back: configuration #3 is in force",)),
    Step(("escape",), ("Waterfall",)),
)
"""Up to the last one, after which `q` ends it."""
