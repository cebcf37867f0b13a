"""The language of faults: what is written means what it says, and what means nothing is refused with the way out."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_dashboard.demo.catalogue import PROVIDERS
from ai_dashboard.demo.faults import (
    BREAKS,
    LONGEST_S,
    OF_THE_PORT,
    WORDS,
    ChosenFault,
    Fault,
    faults_of,
    read_faults,
    written,
)

NAMES = [provider.name for provider in PROVIDERS]
DOCS = Path(__file__).parents[3] / "docs" / "demo.md"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("refuse", ChosenFault(Fault.REFUSE)),
        ("flap", ChosenFault(Fault.FLAP, seconds=60)),
        ("flap=1.5s@demo-ollama", ChosenFault(Fault.FLAP, seconds=1.5, provider="demo-ollama")),
        ("slow", ChosenFault(Fault.SLOW, seconds=5)),
        ("slow=250ms", ChosenFault(Fault.SLOW, seconds=0.25)),
        ("slowheaders=2m", ChosenFault(Fault.SLOW_HEADERS, seconds=120)),
        ("429", ChosenFault(Fault.RATE_LIMITED)),
        ("429=7", ChosenFault(Fault.RATE_LIMITED, seconds=7)),
        ("429:30%", ChosenFault(Fault.RATE_LIMITED, percent=30)),
        ("cut@3", ChosenFault(Fault.CUT, place=3)),
        ("CUT@0", ChosenFault(Fault.CUT, place=0)),
        ("cut@demo-vllm", ChosenFault(Fault.CUT, provider="demo-vllm")),
        ("stall@3:0.5%@demo-vllm", ChosenFault(Fault.STALL, place=3, percent=0.5, provider="demo-vllm")),
        ("nousage:100%", ChosenFault(Fault.NO_USAGE)),
    ],
)
def test_a_fault_as_people_write_it(text: str, meant: ChosenFault) -> None:
    assert read_faults(text, NAMES) == (meant,)


def test_several_faults_stand_between_commas() -> None:
    assert written(read_faults("cut@3, stall,429=7@demo-cloud", NAMES)) == "cut@3,stall,429=7s@demo-cloud"


def test_a_provider_gets_its_own_faults_and_those_of_all() -> None:
    faults = read_faults("500@demo-cloud,503,html@demo-vllm", NAMES)
    assert [chosen.fault for chosen in faults_of("demo-cloud", faults)] == [Fault.SERVER_ERROR, Fault.UNAVAILABLE]
    assert [chosen.fault for chosen in faults_of("demo-vllm", faults)] == [Fault.UNAVAILABLE, Fault.HTML]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"'' is no fault: one is written NAME\[@N\]"),
        ("cut,", "'' is no fault"),
        ("cut@", "there is no provider ''"),
        ("cut 3", "'cut 3' is no fault"),
        ("cut@3@demo-vllm@4", "is no fault"),
        ("cut:30%=5s", "is no fault"),
        ("kut", r"no fault 'kut' \(did you mean cut\?\); there are:"),
        ("none", "no fault 'none'"),
        ("help", "no fault 'help'"),
        ("cut@demo-vlm", "no provider 'demo-vlm'; there are demo-cloud, "),
        ("html@3", "html has no place in an answer; it is written html"),
        ("500=5s", "500 takes no time; it is written 500"),
        ("slow=", "'' is no time"),
        ("slow=5h", "'5h' is no time; one is written 500ms, 5s or 2m"),
        ("slow=0", "'0' is no time"),
        ("slow=86401", "is at most a day"),
        ("429=1.5", "only whole seconds"),
        ("429:30", "'30' is no part of the requests; one is written 30%"),
        ("429:0%", "'0%' is no part"),
        ("429:101%", "'101%' is no part"),
        ("refuse:30%", "refuse befalls a port"),
        ("flap=5s:30%", "flap befalls a port"),
    ],
)
def test_what_means_nothing_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_faults(text, NAMES)


@pytest.mark.parametrize("text", ["nonsense", "?"])
def test_a_complaint_lists_everything_that_there_is(text: str) -> None:
    with pytest.raises(ValueError, match="there are:") as refused:
        read_faults(text, NAMES)
    for word in WORDS.values():
        assert re.search(rf"^  {re.escape(word.form)} +{re.escape(word.does)}$", str(refused.value), re.MULTILINE)


def test_every_fault_but_none_is_a_word_that_begins_with_its_name() -> None:
    assert WORDS.keys() == set(Fault) - {Fault.NONE}
    for fault, word in WORDS.items():
        assert re.split(r"\[", word.form)[0] == fault
        assert word.takes_place is (fault in BREAKS)
        assert word.takes_time or word.seconds is None


def test_the_manual_has_a_line_for_every_fault() -> None:
    lines = DOCS.read_text().splitlines()
    for word in WORDS.values():
        assert f"| `{word.form}` | {word.does} |" in lines


@st.composite
def faults(draw: st.DrawFn) -> ChosenFault:
    fault = draw(st.sampled_from(list(WORDS)))
    word = WORDS[fault]
    hundredths = draw(st.integers(1, 10_000))
    seconds = None
    if word.takes_time:
        whole = fault is Fault.RATE_LIMITED
        thousandths = draw(st.integers(1, int(LONGEST_S)) if whole else st.integers(1, int(LONGEST_S * 1000)))
        seconds = float(thousandths) if whole else thousandths / 1000
    return ChosenFault(
        fault,
        place=draw(st.none() | st.integers(0, 999_999)) if word.takes_place else None,
        seconds=seconds,
        percent=100.0 if fault in OF_THE_PORT else hundredths / 100,
        provider=draw(st.none() | st.sampled_from(NAMES)),
    )


@given(st.lists(faults(), min_size=1, max_size=4))
def test_what_is_written_reads_the_same(chosen: list[ChosenFault]) -> None:
    assert read_faults(written(chosen), NAMES) == tuple(chosen)


@given(st.text() | st.text("cut@=:%3sm.,4290demo-v", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert written(read_faults(text, NAMES))
