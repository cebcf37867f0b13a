from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.heard import OVERHEAD_BYTES, TIMES_RAW, Heard, HeardBefore, Name
from ai_dashboard.cache.keys import Scope, exact_key
from ai_dashboard.dialects.openai.read import facts_of
from tests.unit.cache.asks import SCOPE, ask


def name(raw: bytes = b"{}", tenant: str = "acme") -> Name:
    return Name("openai.chat", tenant, 1, "", "", raw)


def heard() -> Heard:
    return Heard(ask(), facts_of(ask()))


def test_what_was_heard_is_found_under_its_whole_name_alone() -> None:
    known, one = HeardBefore(), heard()
    known.put(name(), one)
    assert known.get(name()) is one
    others = (
        name(b"{} "),
        name(tenant="bolt"),
        name()._replace(generation=2),
        name()._replace(form="ollama.chat"),
        name()._replace(model="n"),
        name()._replace(method="generateContent"),
    )
    assert [known.get(other) for other in others] == [None] * len(others)


@given(st.lists(st.integers(0, 3000), max_size=60))
def test_what_was_not_heard_for_longest_goes_first_when_there_is_no_room(sizes: list[int]) -> None:
    room = 20_000
    known = HeardBefore(room)
    names = [name(b"%d" % number + b" " * size) for number, size in enumerate(sizes)]
    for it in names:
        known.put(it, heard())
    left = [it for it in names if known.get(it) is not None]
    assert sum(TIMES_RAW * len(it.raw) + OVERHEAD_BYTES for it in left) <= room
    assert len(known) == len(left)
    assert left == [it for it in names if it in known._kept]


def test_a_key_is_made_anew_for_another_scope_and_for_other_facts() -> None:
    one = heard()
    usual = one.key(SCOPE, one.facts)
    assert usual == exact_key(SCOPE, one.ask, one.facts)
    assert one.key(SCOPE, one.facts) is usual
    assert one.key(Scope("bolt", "eu"), one.facts) != usual
    narrow = facts_of(ask(capability="code"))
    assert one.key(SCOPE, narrow) == exact_key(SCOPE, one.ask, narrow) != usual
    assert one.key(SCOPE, one.facts) == usual
