import pytest

from ai_dashboard.core.snapshot import Health
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.routes import View, draw, heads, height_of, select
from ai_dashboard.tui.picture import Picture
from ai_dashboard.tui.routes import Branch, Route
from tests.tui.fakes import HOSTILE, busy, plan, record

CHAT = Route(
    "chat",
    "capabilities.chat",
    "latency_based",
    0.75,
    (
        Branch(1, "openai", "gpt-5", "preferred", 0.005, Health.ACTIVE, ttft_s=0.088, score=0.93),
        Branch(2, "vllm", "qwen", "fallback", 0.995, Health.DEGRADED, "breaker open, 19s left", None, 0.5),
        Branch(0, "ollama", "llama", "unavailable: connection refused", 0.0, Health.UNAVAILABLE),
        Branch(0, "gone", "old", "", None),
    ),
    ("affinity: none",),
)
NOBODY = Route("nobody", "", "", None, problem="there is no such model")
BAD = Route(HOSTILE, HOSTILE, HOSTILE, 1.0, (Branch(1, HOSTILE, HOSTILE, HOSTILE, 1.0),), (HOSTILE,), HOSTILE)
VIEW = View((CHAT, NOBODY, BAD), 100, True)


def test_a_tree_is_read_from_left_to_right() -> None:
    assert [text_of(line).rstrip() for line in draw(View((CHAT, NOBODY)), 98)] == [
        "   # state         provider     model           score  TTFT share of 100   why",
        "chat                                                          75% ▇▇▇▇▇▇   chat · latency_based",
        " │ affinity: none",
        " ├ 1 ● active      openai       gpt-5            0.93  88ms   <1% ▏        preferred",
        " ├ 2 ◐ degraded    vllm         qwen             0.50     –  100% ▇▇▇▇▇▇▇▇ breaker open, 19s left",
        " ├ ✗ ○ unavailable ollama       llama               –     –    0%          it is down: connection…",
        " └ · ? unknown     gone         old                 –     –     –          answered before",
        "",
        "nobody                                                          –",
        " └ there is no such model",
        "",
    ]


def test_states_have_their_inks_and_what_is_left_out_stands_out() -> None:
    lines = {text_of(line).strip()[:3]: {ink for _, ink in line} for line in draw(View((CHAT,)), 118)}
    assert Ink.GOOD in lines["├ 1"]
    assert Ink.WARN in lines["├ 2"]
    assert Ink.BAD in lines["├ ✗"]


def test_heads_are_where_routes_begin() -> None:
    lines = [text_of(line) for line in draw(VIEW, 118)]
    assert [lines[line].split()[0] for line in heads(VIEW)[:2]] == ["chat", "nobody"]
    assert len(lines) == 1 + sum(map(height_of, VIEW.routes))


@pytest.mark.parametrize("width", [1, 4, 20, 40, 58, 76, 118, 198])
def test_no_line_is_wider_than_the_panel(width: int) -> None:
    assert all(width_of(line) <= width for line in draw(VIEW, width))


def test_a_picture_has_routes_for_the_plans_that_are_known() -> None:
    picture = Picture(busy(), records=(record(1), record(2)))
    assert not select(picture, None).answered
    view = select(picture, {"chat": plan()})
    assert view.answered
    assert view.requests == 2
    assert [route.asked for route in view.routes] == ["chat"]
    assert [branch.health for branch in view.routes[0].branches] == [Health.ACTIVE, Health.DEGRADED, Health.UNAVAILABLE]
