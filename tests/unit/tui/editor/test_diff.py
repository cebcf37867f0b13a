from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.tui.editor.diff import DiffLine, counted, draw, unified
from ai_dashboard.tui.ink import text_of

LINES = st.lists(st.sampled_from(["a: 1", "b: 2", "c:", "", "  d: 3"]), max_size=30)


def test_a_change_stands_between_what_is_around_it() -> None:
    old = "\n".join(f"key{n}: {n}" for n in range(1, 10))
    lines = unified(old, old.replace("key5: 5", "key5: five\nmore: 1"))
    assert [text_of(line) for line in draw(lines)] == [
        "@ line 2 → 2",
        "  key2: 2",
        "  key3: 3",
        "  key4: 4",
        "- key5: 5",
        "+ key5: five",
        "+ more: 1",
        "  key6: 6",
        "  key7: 7",
        "  key8: 8",
    ]
    assert counted(lines) == "2 in, 1 out"


def test_the_same_text_differs_in_nothing() -> None:
    assert unified("a\nb", "a\r\nb") == ()
    assert counted(()) == "no difference"
    assert text_of(draw(())[0]) == "the same, line for line"


def test_a_secret_that_was_changed_is_a_change_and_stays_a_secret() -> None:
    lines = unified("api_key: sk-aaaaaaaaaaaa1111\n", "api_key: sk-bbbbbbbbbbbb1111\n")
    assert [line.sign for line in lines] == ["@", "-", "+", " "]
    assert lines[1].text == lines[2].text == "api_key: •••••••••••••••1111"


@given(LINES, LINES)
def test_the_old_and_the_new_text_can_be_read_off(before: list[str], after: list[str]) -> None:
    old, new = "\n".join(before), "\n".join(after)
    lines = unified(old, new)
    assert _kept(lines, " -") in old + "\n"
    assert _kept(lines, " +") in new + "\n" or any(line.sign == "@" for line in lines[1:])
    minus, plus = ([line.text for line in lines if line.sign == sign] for sign in "-+")
    assert len(plus) - len(minus) == len(new.split("\n")) - len(old.split("\n"))


def _kept(lines: tuple[DiffLine, ...], signs: str) -> str:
    if any(line.sign == "@" for line in lines[1:]):
        return ""
    return "\n".join(line.text for line in lines if line.sign in signs)


def test_large_files_are_compared_at_once() -> None:
    old = "\n".join(f"key{n}: {n}" for n in range(10_000))
    lines = unified(old, old.replace("key5000: 5000", "key5000: x"))
    assert [line.text for line in lines if line.sign in "+-"] == ["key5000: 5000", "key5000: x"]
