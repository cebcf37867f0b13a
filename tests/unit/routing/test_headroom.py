"""Rate limits as services tell of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.routing.headroom import USUAL_WINDOW_S, Left, counted, headroom, read, scarcest

NOW = 500.0
WALL = 1_800_000_000.0
SOON = datetime.fromtimestamp(WALL + 30, UTC).isoformat().replace("+00:00", "Z")


def openai(**figures: str) -> list[tuple[bytes, bytes]]:
    return [(f"x-ratelimit-{name.replace('_', '-')}".encode(), value.encode()) for name, value in figures.items()]


def test_limits_in_openais_headers() -> None:
    headers = openai(
        limit_requests="500", remaining_requests="100", reset_requests="120ms",
        limit_tokens="30000", remaining_tokens="29000", reset_tokens="6m1.5s",
    )  # fmt: skip
    requests, tokens = read([(b"server", b"x"), *headers], now=NOW, wall=WALL)
    assert (requests.of, requests.ratio, requests.until) == ("requests", 0.2, NOW + 0.12)
    assert (tokens.of, round(tokens.ratio, 4), tokens.until) == ("tokens", 0.9667, NOW + 361.5)


def test_limits_in_anthropics_headers() -> None:
    headers = [
        (b"anthropic-ratelimit-requests-limit", b"50"),
        (b"anthropic-ratelimit-requests-remaining", b"49"),
        (b"anthropic-ratelimit-requests-reset", SOON.encode()),
        (b"anthropic-ratelimit-input-tokens-limit", b"1000"),
        (b"anthropic-ratelimit-input-tokens-remaining", b"0"),
        (b"anthropic-ratelimit-input-tokens-reset", SOON.encode()),
    ]
    assert read(headers, now=NOW, wall=WALL) == (
        Left("requests", 0.98, NOW + 30),
        Left("input-tokens", 0.0, NOW + 30),
    )


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1), ("2", 2), ("1h2m3s", 3723), ("20ms", 0.02), ("7.66s", 7.66), ("2m59.56s", 179.56),
        (SOON, 30), ("2001-01-01T00:00:00Z", 0), ("", USUAL_WINDOW_S), ("soon", USUAL_WINDOW_S), ("-1", USUAL_WINDOW_S),
    ],
)  # fmt: skip
def test_when_limits_are_reset(reset: str, seconds: float) -> None:
    (left,) = read(openai(limit_requests="10", remaining_requests="5", reset_requests=reset), now=NOW, wall=WALL)
    assert left.until == pytest.approx(NOW + seconds)


@pytest.mark.parametrize(
    "figures",
    [
        {"remaining_requests": "5"},
        {"limit_requests": "10"},
        {"limit_requests": "0", "remaining_requests": "0"},
        {"limit_requests": "many", "remaining_requests": "5"},
        {"limit_requests": "inf", "remaining_requests": "5"},
        {"limit_requests": "nan", "remaining_requests": "5"},
        {"limit_requests": "10", "remaining_requests": "-5"},
    ],
)
def test_what_makes_no_sense_is_left_out(figures: dict[str, str]) -> None:
    assert read(openai(**figures), now=NOW, wall=WALL) == ()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"x-ratelimit-limit-requests", b"x-ratelimit-remaining-requests", b"x-ratelimit-reset-requests"]
            ),
            st.binary(max_size=20) | st.sampled_from([b"1e400", b"5", b"7h", b"1m1m", b"9999-12-31T23:59:59Z"]),
        )
    )
)
def test_no_header_upsets_it(headers: list[tuple[bytes, bytes]]) -> None:
    for left in read(headers, now=NOW, wall=WALL):
        assert 0 <= left.ratio <= 1
        assert left.until >= NOW


def test_the_scarcest_limit_counts_until_it_is_reset() -> None:
    limits = (Left("requests", 0.9, NOW + 60), Left("tokens", 0.1, NOW + 10))
    assert headroom(limits, NOW) == 0.1
    assert headroom(limits, NOW + 10) == 0.9
    assert headroom(limits, NOW + 60) is None


def test_what_we_count_ourselves() -> None:
    assert [counted(used, 60) for used in (0, 45, 60, 90)] == [1.0, 0.25, 0.0, 0.0]
    assert scarcest(None, 0.5, 0.25) == 0.25
    assert scarcest(None, None) is None
