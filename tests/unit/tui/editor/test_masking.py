import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.redact import redact
from ai_dashboard.tui.editor.masking import BLOCK, DOT, START, Secrets, masked, masked_lines, step

KEYED = """\
api_key: sk-0123456789abcd # mine
providers:
  a:
    api_key: 'quoted secret'
    base_url: http://me:hunter2@host:1/
    headers:
      X-Auth: abcdefghijklmnop
      accept: text/html
    models: [a, b]
  b: {api_key: "two words", headers: {X-Team: blue, accept: text/html}, type: vllm}
  c:
    api_key: |
      one line
      another line
    type: vllm
    api_key: ${KEY}
    env_var: OPENAI_API_KEY
    timeout_s: 300
"""

SHOWN = """\
api_key: •••••••••••••abcd # mine
providers:
  a:
    api_key: '•••••••••cret'
    base_url: http://••••••••••@host:1/
    headers:
      X-Auth: ••••••••••••mnop
      accept: text/html
    models: [a, b]
  b: {api_key: "•••••••••", headers: {X-Team: ••••, accept: text/html}, type: vllm}
  c:
    api_key: |
      ••••••••
      ••••••••line
    type: vllm
    api_key: ${KEY}
    env_var: OPENAI_API_KEY
    timeout_s: 300
"""


def test_secrets_are_dots_and_everything_else_stays() -> None:
    assert "\n".join(masked_lines(KEYED.split("\n"))) == SHOWN


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ('api_key: "over\n  two lines"\ntype: x', ["over", "two lines"]),
        ('master_key: "over\nthe margin"\nnext: seen', ["over", "the margin"]),
        ("api_key:\n  below\nnext: seen", ["below"]),
        ("api_key:\n- listed\n- too\nnext: seen", ["listed", "too"]),
        ("- api_key: in a list\n  type: seen", ["in a list"]),
        ("headers: {\n  X-A: first,\n  X-B: second\n}\nnext: seen", ["first", "second"]),
        ("api_key: [one, two,\n  three]\nnext: seen", ["one", "two", "three"]),
        ("# api_key: commented-out-1", ["commented-out"]),
        ('"api_key": inquotes', ["inquotes"]),
        ("api_key: &anchor anchored", ["anchored"]),
        ("api_key: 'it''s mine' # seen", ["it''s mine"]),
        ("note: my key is sk-proj-0123456789abcd!", ["sk-proj-0123456789"]),
        ("broken: [\napi_key: verysecretvalue1", ["verysecretv"]),
    ],
)
def test_a_secret_is_hidden_however_it_is_written(text: str, hidden: list[str]) -> None:
    shown = "\n".join(masked_lines(text.split("\n")))
    assert not any(word in shown for word in hidden)
    assert shown.count("seen") == text.count("seen")


_NAMES = st.sampled_from(["api_key", "master_key", "X-Auth", "base_url", "headers", "accept", "type", "password", "a"])
_VALUES = st.one_of(
    st.text("abc123", min_size=1, max_size=20),
    st.text("abc '#,", min_size=1, max_size=20).map(lambda text: f'"{text}"'),
    st.just("${KEY}"),
)


@st.composite
def _yaml(draw: st.DrawFn, depth: int = 0) -> list[str]:
    lines: list[str] = []
    for name in draw(st.lists(_NAMES, min_size=1, max_size=4, unique=True)):
        if depth < 3 and draw(st.booleans()):
            lines += [f"{name}:", *(f"  {line}" for line in draw(_yaml(depth + 1)))]
        else:
            lines.append(f"{name}: {draw(_VALUES)}")
    return lines


@given(_yaml())
def test_whatever_a_printed_file_hides_is_hidden_here_too(lines: list[str]) -> None:
    printed = redact("\n".join(lines)).split("\n")
    assert len(printed) == len(lines)
    for line, plain, shown in zip(lines, printed, masked_lines(lines), strict=True):
        assert plain == line or DOT in shown


@given(st.lists(st.text(max_size=30), max_size=8))
def test_any_line_keeps_its_length(lines: list[str]) -> None:
    assert [len(line) for line in masked_lines(lines)] == list(map(len, lines))


@given(
    st.lists(st.sampled_from(KEYED.split("\n")), min_size=1, max_size=3 * BLOCK),
    st.lists(st.tuples(st.integers(0, 3 * BLOCK), st.sampled_from(KEYED.split("\n"))), max_size=5),
)
def test_what_is_kept_agrees_with_a_fresh_reading_after_every_change(
    lines: list[str], changes: list[tuple[int, str]]
) -> None:
    secrets = Secrets(lines)
    for row, line in [(0, lines[0]), *changes]:
        at = row % len(lines)
        lines[at : at + 1] = [line, ""] if row % 2 else [line]
        secrets.changed(at)
        looked_at = range(0, len(lines), 7)
        fresh = masked_lines(lines)
        assert [masked(lines[i], secrets[i]) for i in reversed(looked_at)] == [fresh[i] for i in reversed(looked_at)]


def test_a_line_beyond_the_end_holds_nothing() -> None:
    assert Secrets(["api_key: x"])[BLOCK + 3] == ()
    assert step(START, "") == (START, ())
