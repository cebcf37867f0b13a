from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.provider_table import draw, select
from ai_dashboard.tui.panels.providers import Sort
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import busy, empty, provider


def test_figures_stand_under_their_titles() -> None:
    picture = Picture(busy(providers=(provider("vllm", capacity=8, in_flight=7, headroom=0.62),)))
    head, row = (text_of(line) for line in draw(select(picture, Sort.STATE), 118))
    for title, figure in (("left %", "62.0"), ("in fl", "7/8"), ("tok/s", "92"), ("ttft", "88ms"), ("kind", "openai")):
        start = head.index(title)
        assert figure in row[start - 1 : start + len(title) + 2], title


def test_rows_follow_the_order() -> None:
    names = [one.name for one in select(Picture(busy()), Sort.NAME).rows]
    assert names == sorted(names)


def test_what_is_not_known_is_no_zero() -> None:
    picture = Picture(busy(providers=(provider(tokens_per_s=None, error_ratio=None, headroom=None),)))
    assert text_of(draw(select(picture, Sort.STATE), 118)[1]).count("–") == 3


def test_without_providers_it_teaches_and_without_a_gateway_it_waits() -> None:
    assert "No provider yet." in text_of(draw(select(Picture(empty()), Sort.STATE), 80)[0])
    assert text_of(draw(select(Picture(), Sort.STATE), 80)[0]) == "waiting for the gateway"


def test_every_width_holds_it() -> None:
    for width in range(5, 130, 5):
        assert all(width_of(line) <= width for line in draw(select(Picture(busy()), Sort.STATE), width)), width
