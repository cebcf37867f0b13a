from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.cache.entry import OVERHEAD_BYTES
from ai_dashboard.cache.keys import ExactKey
from ai_dashboard.cache.memory import MemoryHome
from tests.unit.cache.asks import entry

ONE = 1000 + OVERHEAD_BYTES


def key(name: str, tenant: str = "acme", model: str = "m") -> ExactKey:
    return ExactKey(tenant, model, name.encode())


def home(room_for: int, *names: str) -> MemoryHome:
    memory = MemoryHome(room_for * ONE)
    for name in names:
        memory.put(key(name), entry(b"x" * 1000))
    return memory


def test_the_least_recently_used_goes_first() -> None:
    memory = home(2, "a", "b")
    assert memory.get(key("a"), 0.0) is not None
    memory.put(key("c"), entry(b"x" * 1000))
    assert [name for name in "abc" if memory.get(key(name), 0.0)] == ["a", "c"]
    assert (memory.evicted, memory.bytes, len(memory)) == (1, 2 * ONE, 2)


def test_an_answer_is_good_until_its_time_is_over() -> None:
    memory = home(2, "a")
    assert memory.get(key("a"), 99.9) is not None
    assert memory.get(key("a"), 100.0) is None
    assert memory.bytes == 0


def test_an_answer_larger_than_the_store_throws_nobody_out() -> None:
    memory = home(2, "a")
    assert memory.put(key("b"), entry(b"x" * 9000)).entry.body == b"x" * 9000
    assert memory.get(key("b"), 0.0) is None
    assert memory.get(key("a"), 0.0) is not None


def test_an_answer_that_is_given_in_more_forms_takes_more_room() -> None:
    memory = home(2, "a", "b")
    kept = memory.get(key("b"), 0.0)
    assert kept is not None
    before, kept.size = kept.size, kept.size + 500
    memory.grew(key("b"), kept, before)
    assert memory.get(key("a"), 0.0) is None
    assert memory.bytes == ONE + 500


def test_a_smaller_store_keeps_less() -> None:
    memory = home(3, "a", "b", "c")
    memory.resize(ONE)
    assert [name for name in "abc" if memory.get(key(name), 0.0)] == ["c"]


def test_answers_are_forgotten_by_tenant_by_model_and_by_both() -> None:
    def full() -> MemoryHome:
        memory = MemoryHome(1 << 20)
        for tenant in ("a", "b"):
            for model in ("m", "n"):
                memory.put(key("k", tenant, model), entry())
        return memory

    assert full().invalidate(tenant="a") == 2
    assert full().invalidate(model="n") == 2
    assert full().invalidate("a", "n") == 1
    memory = full()
    assert memory.invalidate() == 4
    assert (len(memory), memory.bytes) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from("pgr"), st.sampled_from("abcdef"), st.integers(0, 4000)), max_size=60))
def test_the_bytes_are_always_those_of_what_is_kept(steps: list[tuple[str, str, int]]) -> None:
    memory = MemoryHome(8000)
    for step, name, size in steps:
        if step == "p":
            memory.put(key(name), entry(b"x" * size))
        elif step == "g":
            memory.get(key(name), 0.0)
        else:
            memory.invalidate(model="nobody")
    assert memory.bytes == sum(kept.size for kept in memory.entries().values()) <= 8000


def test_what_is_expired_goes_at_once_when_it_is_cleared() -> None:
    memory = home(3, "a", "b")
    memory.put(key("c"), replace(entry(b"x" * 1000), expires_at=500.0))
    assert memory.clear_expired(99.9) == 0
    assert memory.clear_expired(100.0) == 2
    assert (len(memory), memory.bytes, memory.evicted) == (1, ONE, 0)
    assert memory.get(key("c"), 100.0) is not None


def test_the_time_that_is_left_is_a_mean_of_what_is_kept() -> None:
    memory = home(2)
    assert memory.mean_ttl_s(0.0) is None
    for name in "abc":
        memory.put(key(name), entry(b"x" * 1000))
    assert memory.mean_ttl_s(40.0) == 60.0
    memory.put(key("c"), entry(b"y" * 1000))
    memory.invalidate(model="m")
    assert memory.mean_ttl_s(40.0) is None
    memory.put(key("late"), entry(b"x"))
    assert memory.mean_ttl_s(140.0) == 0.0
