"""What the registry finds of Ollama."""

import orjson

from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.ollama.forms import CALLERS, EMBED_CALLERS, EMBED_PROVIDERS, KEEP_ALIVE, PROVIDERS


def test_every_form_that_ollama_takes_has_both_sides() -> None:
    paths = set(KINDS["ollama"].paths)
    assert {caller.form for caller in CALLERS} | {caller.form for caller in EMBED_CALLERS} == paths
    assert {provider.form for provider in PROVIDERS} | {provider.form for provider in EMBED_PROVIDERS} == paths


def test_what_keeps_a_connection_alive_is_part_of_the_next_line() -> None:
    assert b"\n" not in KEEP_ALIVE
    assert orjson.loads(KEEP_ALIVE + KEEP_ALIVE + b'{"done":true}') == {"done": True}
