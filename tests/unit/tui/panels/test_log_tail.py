from ai_dashboard.core.logs import LogEvents, LogLevel
from ai_dashboard.tui.columns import Column
from ai_dashboard.tui.format import clock_time
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.log_tail import REMEMBERED, EventStore, draw_row, empty, haystack, matches, select, told
from tests.tui.events import event
from tests.tui.fakes import HOSTILE, NOW


def page(*seqs: int, next_: int | None = None, lost: int = 0) -> LogEvents:
    return LogEvents(tuple(event(seq, NOW, LogLevel.INFO) for seq in seqs), next_ or max(seqs, default=0), lost)


def test_the_newest_are_kept_and_what_passed_unseen_is_counted() -> None:
    store = EventStore()
    store.add(page(*range(1, 11), lost=90, next_=100))
    assert store.lost == 0  # nobody has looked before
    store.add(page(150, lost=49))
    assert (store.lost, store.after) == (49, 150)
    store.add(page(*range(151, 151 + REMEMBERED)))
    assert len(store.kept) == REMEMBERED


def test_a_gateway_that_was_started_anew_begins_anew() -> None:
    store = EventStore()
    store.add(page(1, 2, 3))
    store.add(page(1, lost=0))
    assert [it.seq for it in store.kept] == [1]


def test_words_are_looked_for_everywhere_in_any_case() -> None:
    one = event(1, NOW, LogLevel.WARNING, "Bad gateway", error_type="upstream_timeout")
    for words in ("bad", "vllm", "qwen3", "req-000001", "warning", "error_type=upstream"):
        assert matches(one, [words]), words
    assert not matches(one, ["bad", "-vllm"])
    assert matches(one, ["-", "-nothing"]) == ("-" in haystack(one))


def test_a_level_and_words_reduce_the_list() -> None:
    store = EventStore()
    events = (
        event(1, NOW, LogLevel.DEBUG, "one"),
        event(2, NOW, LogLevel.ERROR, "one"),
        event(3, NOW, LogLevel.ERROR, "two"),
    )
    store.add(LogEvents(events, 3, 0))
    assert [it.seq for it in select(store, LogLevel.DEBUG, "one").rows or ()] == [1, 2]
    assert [it.seq for it in select(store, LogLevel.WARNING, "").rows or ()] == [2, 3]
    assert select(EventStore(), LogLevel.DEBUG, "").rows is None


def test_facts_for_programs_are_not_shown() -> None:
    assert told(event(1, NOW, LogLevel.INFO, "m", pid=7, traceback="x", kind="first", reason="")) == (
        "m  qwen3-32b  kind=first"
    )


def test_an_event_fits_whatever_it_says() -> None:
    placed = [(Column("time", 8, 0), 8), (Column("event", 5, 0), 5), (Column("what", 20, 0), 20)]
    line = draw_row(event(1, NOW, LogLevel.INFO, HOSTILE), placed)
    assert width_of(line) == 35
    assert text_of(line).isprintable()


def test_it_is_said_why_there_is_nothing() -> None:
    store = EventStore()
    assert "waiting" in text_of(empty(select(store, LogLevel.DEBUG, ""), 80)[0])
    store.add(LogEvents((), 0, 0, level=LogLevel.WARNING))
    assert "tells from warning on" in text_of(empty(select(store, LogLevel.DEBUG, ""), 80)[0])
    store.add(page(1))
    assert "no event is like that" in text_of(empty(select(store, LogLevel.ERROR, ""), 80)[0])


def test_a_log_of_the_past_ends_then() -> None:
    store = EventStore()
    store.add(page(1, 2, 3))
    view = select(store, LogLevel.DEBUG, "", NOW + 2)
    assert ([it.seq for it in view.rows or ()], view.of, view.until) == ([1, 2], 2, clock_time(NOW + 2))
    nothing = select(store, LogLevel.DEBUG, "", NOW)
    assert text_of(empty(nothing, 80)[0]) == f"no event of {clock_time(NOW)} and before is remembered"


def test_what_is_empty_names_the_keys_that_help() -> None:
    store = EventStore()
    store.add(page(1))
    said = text_of(empty(select(store, LogLevel.ERROR, ""), 80, "f8", "f9")[0])
    assert said == "no event is like that (f8 drops the filter, f9 shows more levels)"
