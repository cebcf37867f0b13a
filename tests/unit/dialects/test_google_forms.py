"""Google's forms, put together."""

from ai_dashboard.dialects.google.forms import CALLERS, EMBED_CALLERS, EMBED_PROVIDERS, PROVIDERS
from ai_dashboard.dialects.kinds import KINDS


def test_every_form_of_the_kind_has_both_sides() -> None:
    callers = {*(form.form for form in CALLERS), *(form.form for form in EMBED_CALLERS)}
    providers = {*(form.form for form in PROVIDERS), *(form.form for form in EMBED_PROVIDERS)}
    assert callers == providers == set(KINDS["google"].paths)


def test_nothing_but_data_and_blank_lines_is_sent_to_googles_clients() -> None:
    (caller,) = CALLERS
    assert caller.keep_alive.strip() == b""
