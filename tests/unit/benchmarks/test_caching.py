from benchmarks.caching import ask_of_a_kilobyte, hit_us, measure


def test_every_figure_is_measured() -> None:
    table = measure(rounds=1, turns=40, entries=200)
    assert [line.count("|") for line in table.splitlines()] == [4] * 6
    assert "≤ 10" in table


def test_what_is_measured_is_a_hit_of_an_ask_of_a_kilobyte() -> None:
    assert 900 < len(ask_of_a_kilobyte().raw) < 1100
    assert hit_us(rounds=1, turns=5) > 0
