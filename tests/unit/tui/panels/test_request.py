import pytest

from ai_dashboard.core.events import Usage
from ai_dashboard.core.plan import RouteFacts
from ai_dashboard.core.records import AttemptRecord, Stage
from ai_dashboard.tui.ink import Ink, text_of, width_of
from ai_dashboard.tui.panels.request import AGAIN, View, draw, tokens_per_second
from tests.tui.fakes import hostile_record, record


def page(view: View, width: int = 100) -> list[str]:
    return [text_of(line).rstrip() for line in draw(view, width)]


def test_everything_about_a_request() -> None:
    lines = page(View(record(4)))
    text = "\n".join(lines)
    assert lines[4] == "gateway   0.4ms of the time to the first token is the gateway's own"
    assert lines[0] == "asked     chat  (openai, stream)"
    assert lines[1] == "answered  200 done by vllm as qwen3-32b"
    assert "first token 88ms  total 1.21s" in lines[2]
    assert lines[3] == "tokens    812 in (100 cached)  240 out (20 reasoning)  213 tokens/s"
    assert "└ preferred · upstream_error · bad gateway" in text
    assert "Plan  capabilities.general_chat" in text
    assert "0.93 preferred" in text
    assert "left out: it is down: connection refused" in text
    assert "caller         ░░░░" in text


def test_several_attempts_say_how_it_came_to_them_and_what_they_cost() -> None:
    lost = AttemptRecord(
        "a", "m", "listing", 0, 0.1, 0.5, 200, "hedge_lost", "another provider was faster",
        "first", 0.0, Usage(800, 0, estimated=True),
    )  # fmt: skip
    again = AttemptRecord("b", "m", "listing", 1.5, None, 1.6, 503, "upstream_error", "busy", "retry", 1.25)
    won = AttemptRecord("c", "m", "fallback", 1.6, 1.7, 2.0, 200, None, "", "hedge")
    lines = page(View(record(1, provider="c", attempts=(lost, again, won), usage=Usage(812, 240))), 140)
    text = "\n".join(lines)
    assert "└ listing · cost 800 in 0 out (estimated) · hedge_lost · another provider was faster" in text
    assert "└ retry · after a pause of 1.25s · listing · upstream_error · busy" in text
    assert "└ hedge · fallback" in text
    assert lines[3].endswith("all attempts 1,612 in 240 out (estimated)")


def test_what_was_lost_is_told_although_nobody_answered() -> None:
    lost = AttemptRecord("a", "m", "", 0, None, 1, 200, None, "", "judge", 0.0, Usage(5, 1))
    assert "tokens    all attempts 5 in 1 out" in page(View(record(1, attempts=(lost,), usage=None)))


def test_warnings_are_told_calmly_one_after_the_other() -> None:
    lines = draw(View(record(1, warnings=("`seed` is left out", "the prompt was cut"))), 100)
    told = [line for line in lines if text_of(line).startswith("warning")]
    assert [text_of(line) for line in told] == ["warning   `seed` is left out", "warning   the prompt was cut"]
    assert {ink for line in told for _, ink in line} == {Ink.LABEL, Ink.PLAIN}
    assert not any(line.startswith("warning") for line in page(View(record(1))))


def test_a_failure_says_what_happened() -> None:
    failed = record(
        1, stage=Stage.FAILED, status=502, error="upstream_error", message="bad gateway", attempts=(), plan=None
    )
    lines = page(View(failed))
    assert "error     upstream_error: bad gateway" in lines
    assert "none: no provider was asked" in lines
    assert not any(line.startswith("Plan") for line in lines)


def test_speed_is_told_only_where_it_can_be_known() -> None:
    assert tokens_per_second(record(1, ttft_s=0.2, total_s=1.2), Usage(1, 101)) == pytest.approx(100)
    assert tokens_per_second(record(1, ttft_s=None), Usage(1, 101)) is None
    assert tokens_per_second(record(1, stream=False), Usage(1, 101)) is None
    assert tokens_per_second(record(1), Usage(1, 1)) is None
    assert tokens_per_second(record(1, ttft_s=1.0, total_s=1.0), Usage(1, 9)) is None


@pytest.mark.parametrize("width", [1, 10, 18, 40, 58, 100, 198])
@pytest.mark.parametrize("one", [record(4), hostile_record(1)])
def test_no_line_is_wider_than_the_panel(one: object, width: int) -> None:
    assert all(width_of(line) <= width for line in draw(View(one), width))  # type: ignore[arg-type]


def test_what_routing_knew_is_told_where_it_knew_anything() -> None:
    facts = RouteFacts("chat", needs=frozenset({"vision", "tools"}), max_tokens=2_000)
    asked = record(1, facts=facts, tenant="acme", key_id="key-1")
    assert "known     tenant acme · key key-1 · needs tools, vision · up to 2,000 tokens out" in page(View(asked))
    assert not any(line.startswith("known") for line in page(View(record(1, facts=RouteFacts("chat")))))


def test_what_it_cost_is_told_where_it_is_known() -> None:
    assert "cost      $0.0004" in page(View(record(1, cost=400_000)))
    assert not any(line.startswith("cost") for line in page(View(record(1))))


def test_an_answer_that_was_known_before_says_so() -> None:
    assert "cache     semantic hit: the answer was known before" in page(View(record(1, cached="semantic")))


def test_what_can_be_done_once_more_is_told_with_its_terms() -> None:
    assert f"again     {AGAIN}" in page(View(record(1)), 198)


def test_a_forgotten_request_says_so() -> None:
    assert page(View()) == ["this request is no longer remembered"]
