import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.config.redact import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("api_key: sk-0123456789abcd", "api_key: sk-…abcd"),
        ("api_key: 'sk-0123456789abcd' # mine", "api_key: 'sk-…abcd' # mine"),
        ('auth: {master_key: "plain-but-long-9876", x: 1}', 'auth: {master_key: "…9876", x: 1}'),
        ("api_key: short", "api_key: …"),
        ("headers:\n  X-Auth: abcdefghijklmnop\n  Accept: text/html", "headers:\n  X-Auth: …mnop\n  Accept: text/html"),
        ("# api_key: sk-0123456789abcd", "# api_key: sk-…abcd"),
        ("broken: [\napi_key: verysecretvalue1", "broken: [\napi_key: …lue1"),
        ("note: my key is sk-proj-0123456789abcd!", "note: my key is sk-…abcd!"),
        ("base_url: http://me:hunter2@host:1/", "base_url: http://…@host:1/"),
        ("\ufeffé: 1\r\napi_key: sk-0123456789abcd\r\n", "\ufeffé: 1\r\napi_key: sk-…abcd\r\n"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "api_key: ${MINE}",
        "api_key: os.environ/MINE",
        "requires_api_key: true\nenv_var: OPENAI_API_KEY\nmax_output_tokens: 128000\n",
        "headers: {X-Auth: '${TOKEN}'}",
        "rate_limits: {tokens_per_minute: 4000}",
        "base_url: http://host:8000/v1",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text(alphabet="abcdef0123456789", min_size=12, max_size=40), st.sampled_from(["", "'", '"']), st.booleans())
def test_no_key_comes_through(secret: str, quote: str, flow: bool) -> None:
    line = f"api_key: {quote}k{secret}{quote}"
    assert secret[:-4] not in redact(f"p: {{{line}}}" if flow else f"p:\n  {line}\n")


@given(st.text(max_size=60))
def test_any_text_keeps_its_lines(text: str) -> None:
    assert redact(text).count("\n") == text.count("\n")
