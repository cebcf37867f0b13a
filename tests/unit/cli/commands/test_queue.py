"""Who waits, in words."""

from ai_dashboard.cli.commands.queue import lines

LEVELS = ("CRITICAL", "HIGH", "NORMAL", "LOW", "BULK")


def line(model: str, waiting: int, oldest_s: float = 0.0) -> dict[str, object]:
    levels = dict.fromkeys(LEVELS, 0) | {"NORMAL": waiting}
    return {
        "provider": "gpu", "model": model, "waiting": levels, "oldest_s": oldest_s, "served": 5, "refused": 1,
        "expired": 2, "per_minute": 12.34,
    }  # fmt: skip


def test_nobody_has_to_wait() -> None:
    assert lines({"lines": []}) == ["nobody waits, and nobody has waited since the start"]


def test_what_is_loaded_next_follows() -> None:
    swap = {"load": "a", "evict": "b", "requests": 3, "load_s": 18.04}
    then = {"load": "c", "evict": None, "requests": 1, "load_s": None}
    one = {"provider": "x", "max_loaded": 2, "loaded": ["b"], "planned": [swap, then], "swaps": 7}
    idle = {"provider": "pc", "max_loaded": 1, "loaded": [], "planned": [], "swaps": 0}
    assert lines({"lines": [], "swaps": [one, idle]})[1:] == [
        "x holds b (2 at one time); next a in place of b for 3, 18.0 s to load, then c for 1; 7 swaps since the start",
        "pc holds nothing (1 at one time); next nothing; 0 swaps since the start",
    ]


def test_the_longest_line_comes_first_and_columns_stand_below_each_other() -> None:
    head, first, second = lines({"lines": [line("small", 0), line("qwen3-32b", 7, 3.21)]})
    assert head.split() == ["waiting", "for", *LEVELS, "oldest", "per", "min", "refused", "late"]
    assert first.split() == ["gpu/qwen3-32b", "–", "–", "7", "–", "–", "3.2s", "12.3", "1", "2"]
    assert second.split() == ["gpu/small", "–", "–", "–", "–", "–", "–", "12.3", "1", "2"]
    assert len(head) == len(first) == len(second)
