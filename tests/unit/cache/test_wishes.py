import json
from typing import Any

import pytest

from ai_dashboard.cache.wishes import PLAIN, Wish, wish_of
from ai_dashboard.core.chat import Form, Target
from ai_dashboard.core.errors import CallerError
from ai_dashboard.dialects.forms import Call
from ai_dashboard.dialects.kinds import KINDS
from ai_dashboard.dialects.registry import CALLERS, EMBED_CALLERS, write
from tests.unit.cache.asks import SPOKEN


@pytest.mark.parametrize(
    ("body", "headers", "wish"),
    [
        ({}, {}, PLAIN),
        ({}, {"cache-control": "max-age=0"}, PLAIN),
        ({}, {"cache-control": "No-Cache"}, Wish(read=False)),
        ({}, {"cache-control": "private, no-store"}, Wish(read=False, store=False)),
        ({}, {"x-cache-ttl": "60"}, Wish(ttl_s=60.0)),
        ({"cache": True}, {}, PLAIN),
        ({"cache": None}, {}, PLAIN),
        ({"cache": "off"}, {}, Wish(read=False, store=False)),
        ({"cache": False}, {}, Wish(read=False, store=False)),
        ({"cache": "always"}, {}, Wish(always=True)),
        ({"cache": {"no-cache": True}}, {}, Wish(read=False)),
        ({"cache": {"no_store": True}}, {}, Wish(read=False, store=False)),
        ({"cache": {"ttl": 60, "semantic": False}}, {"x-cache-ttl": "30"}, Wish(semantic=False, ttl_s=30.0)),
        ({"cache": "always"}, {"cache-control": "no-cache"}, Wish(read=False, always=True)),
    ],
)
def test_what_a_caller_says(body: dict[str, Any], headers: dict[str, str], wish: Wish) -> None:
    assert wish_of(body, headers) == wish


@pytest.mark.parametrize(
    ("body", "headers", "named"),
    [
        ({"cache": "sometimes"}, {}, "`cache`"),
        ({"cache": 5}, {}, "`cache`"),
        ({"cache": {"ttl": "soon"}}, {}, "`cache.ttl`"),
        ({"cache": {"ttl": True}}, {}, "`cache.ttl`"),
        ({"cache": {"always": 1}}, {}, "`cache.always`"),
        ({"cache": {"namespace": "x"}}, {}, "`cache.namespace`"),
        ({}, {"x-cache-ttl": "-1"}, "`x-cache-ttl`"),
        ({}, {"x-cache-ttl": "inf"}, "`x-cache-ttl`"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(body: dict[str, Any], headers: dict[str, str], named: str) -> None:
    with pytest.raises(CallerError, match=named):
        wish_of(body, headers)


@pytest.mark.parametrize("form", [*CALLERS, *EMBED_CALLERS])
def test_what_is_said_of_the_cache_is_heard_in_every_form_and_told_to_no_provider(form: Form) -> None:
    raw = json.dumps({"model": "m", **SPOKEN[form], "cache": {"no-cache": True}}).encode()
    read = CALLERS[form].read if form in CALLERS else EMBED_CALLERS[form].read
    asked = read(Call(raw, "m", "generateContent"))
    assert asked.own_fields == ()
    assert wish_of(asked.body, {}) == Wish(read=False)
    for kind in KINDS.values():
        if (provider := kind.form_for(asked.form, asked.operation)) is not None:
            assert b'"cache"' not in write(asked, provider, Target("p", kind.name, "m"), kind).request.body
