from dataclasses import replace

from ai_dashboard.core.history import ServiceView
from ai_dashboard.tui.ink import Ink, Line, text_of, width_of
from ai_dashboard.tui.panels.provider import View as Card
from ai_dashboard.tui.panels.provider import beside, draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import busy, detail

PICTURE = Picture(busy())
DETAIL = detail(busy(), "vllm")


def shown(view: Card, width: int = 120) -> str:
    return "\n".join(text_of(line) for line in draw(view, width))


def test_everything_about_a_provider_is_on_one_page() -> None:
    service = ServiceView("vllm.service", "failed", "exit-code", ("last words",))
    for width in (120, 78):
        text = shown(select(PICTURE, "vllm", DETAIL, service, whole=False), width)
        for words in (
            "◐ degraded", "p95 3.1s is 4 × usual", "in flight 7", "Health", "1h00 ago", "Models and their breakers",
            "Latest failures", "health check", "First token", "100ms – 200ms", "Rate limits",
            "62.0 % left · reset in 24s",
            "vllm.service", "failed", "last words",
        ):  # fmt: skip
            assert words in text, (width, words)


def test_the_other_histogram_is_a_key_away() -> None:
    assert "Whole answer" in shown(select(PICTURE, "vllm", DETAIL, None, whole=True))


def test_until_the_gateway_has_told_more_there_is_what_is_known() -> None:
    text = shown(select(PICTURE, "vllm", None, None, whole=False))
    assert "asking the gateway" in text
    assert "in flight 7" in text


def test_no_service_and_no_systemd_are_one_calm_line() -> None:
    none = shown(select(PICTURE, "vllm", replace(DETAIL, unit=""), None, whole=False))
    assert "no `service` is named in providers.yaml" in none
    absent = ServiceView("vllm.service", "", "no systemd for this user here")
    assert "vllm.service: no systemd" in shown(select(PICTURE, "vllm", DETAIL, absent, whole=False))


def test_what_was_never_measured_is_said_in_words() -> None:
    bare = replace(DETAIL, changes=(), failures=(), limits=(), ttft=())
    text = shown(select(PICTURE, "vllm", bare, None, whole=False))
    for words in ("none since the start", "nothing measured yet", "it tells of none, and none is configured"):
        assert words in text


def test_a_provider_that_is_gone_is_said_to_be() -> None:
    assert "not in the configuration any more" in shown(select(PICTURE, "nobody", None, None, whole=False))


def test_the_right_column_stands_straight() -> None:
    left: list[Line] = [[("a", Ink.PLAIN)], [("b" * 50, Ink.PLAIN)]]
    right: list[Line] = [[("1", Ink.PLAIN)], [("2", Ink.PLAIN)], [("3", Ink.PLAIN)]]
    lines = [text_of(line) for line in beside(left, right, 10)]
    assert [line.index(number) for line, number in zip(lines, "123", strict=True)] == [13, 13, 13]


def test_every_width_holds_it() -> None:
    view = select(PICTURE, "ollama", detail(busy(), "ollama"), ServiceView("u", "active", "running"), whole=False)
    for width in range(30, 200, 7):
        assert all(width_of(line) <= width for line in draw(view, width)), width
