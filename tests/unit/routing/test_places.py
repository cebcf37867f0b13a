"""Where a provider can be asked, as far as it has been said."""

from typing import Any

import pytest

from ai_dashboard.config.schema import MultiRegion, ProvidersFile
from ai_dashboard.routing.places import SOMEWHERE, Place, Standing, compile_standings, leaves_home

EU, US = "https://eu.example", "https://us.example"


def standing(entry: dict[str, Any], written: dict[str, Any] | None = None) -> Standing:
    entry = {"type": "openai_compatible", "base_url": "https://p.example", **entry}
    providers = ProvidersFile.model_validate({"providers": {"p": entry}}).providers
    settings = MultiRegion.model_validate({"provider_regions": {"p": written or {}}})
    return compile_standings(providers, settings)["p"]


def shown(place: Place) -> tuple[str, set[str], bool, str | None]:
    return place.region, set(place.within), place.home, place.base_url


@pytest.mark.parametrize(
    ("entry", "written", "places"),
    [
        ({}, {}, [("", set(), False, None)]),
        ({"region": "us-east"}, {}, [("us-east", {"us-east"}, False, None)]),
        ({"type": "ollama", "base_url": ""}, {}, [("local", {"local"}, True, None)]),
        ({"type": "ollama", "base_url": "https://ollama.com"}, {}, [("", set(), False, None)]),
        ({"location": "local"}, {}, [("local", {"local"}, True, None)]),
        ({"location": "local", "region": "eu-west"}, {}, [("eu-west", {"eu-west"}, True, None)]),
        # A private address is no proof once something else is said of it.
        ({"type": "ollama", "base_url": "", "region": "eu-west"}, {}, [("eu-west", {"eu-west"}, False, None)]),
        (
            {"type": "ollama", "base_url": ""},
            {"available_regions": ["us-east"]},
            [("us-east", {"us-east"}, False, None)],
        ),
        ({}, {"available_regions": ["us-east"]}, [("us-east", {"us-east"}, False, None)]),
        ({}, {"available_regions": ["us-east", "eu-west"]}, [("", {"us-east", "eu-west"}, False, None)]),
        (
            {},
            {"available_regions": ["us-east", "eu-west"], "primary_region": "us-east"},
            [("us-east", {"us-east"}, False, None)],
        ),
        (
            {"region": "us-east"},
            {"available_regions": ["us-east", "eu-west"]},
            [("us-east", {"us-east"}, False, None)],
        ),
        ({"region": "us-east"}, {"available_regions": ["eu-west"]}, [("", {"us-east", "eu-west"}, False, None)]),
        (
            {},
            {"available_regions": ["us-east", "eu-west"], "regional_endpoints": {"eu-west": EU}},
            [("", {"us-east", "eu-west"}, False, None), ("eu-west", {"eu-west"}, False, EU)],
        ),
        (
            {"region": "us-east"},
            {"regional_endpoints": {"eu-west": EU}},
            [("us-east", {"us-east"}, False, None), ("eu-west", {"eu-west"}, False, EU)],
        ),
        # Who has an address in every region is never asked at the one of which nobody knows where it is.
        (
            {},
            {"available_regions": ["us-east", "eu-west"], "regional_endpoints": {"eu-west": EU, "us-east": US}},
            [("eu-west", {"eu-west"}, False, EU), ("us-east", {"us-east"}, False, US)],
        ),
        # Its own address is that of a region.
        (
            {"base_url": US},
            {"regional_endpoints": {"eu-west": EU, "us-east": f"{US}/v1"}},
            [("us-east", {"us-east"}, False, US), ("eu-west", {"eu-west"}, False, EU)],
        ),
        (
            {"region": "us-east"},
            {"regional_endpoints": {"eu-west": EU, "us-east": US}},
            [("us-east", {"us-east"}, False, US), ("eu-west", {"eu-west"}, False, EU)],
        ),
        ({}, {"regional_endpoints": {"eu-west": EU}}, [("", set(), False, None), ("eu-west", {"eu-west"}, False, EU)]),
        (
            {"region": "us-east"},
            {"regional_endpoints": {"local": "http://10.0.0.1"}},
            [("us-east", {"us-east"}, False, None), ("local", {"local"}, True, "http://10.0.0.1")],
        ),
    ],
)
def test_places(
    entry: dict[str, Any], written: dict[str, Any], places: list[tuple[str, set[str], bool, str | None]]
) -> None:
    assert [shown(place) for place in standing(entry, written).places] == places


@pytest.mark.parametrize(
    ("place", "regions", "sure"),
    [
        (Place("a", frozenset("a")), "a", True),
        (Place("a", frozenset("a")), "ab", True),
        (Place("a", frozenset("a")), "b", False),
        (Place("", frozenset("ab")), "a", False),
        (Place("", frozenset("ab")), "abc", True),
        (SOMEWHERE, "ab", False),
        (SOMEWHERE, "", False),
    ],
)
def test_only_what_is_sure_counts(place: Place, regions: str, sure: bool) -> None:
    assert place.surely_in(frozenset(regions)) is sure


def test_a_machine_of_ones_own_is_local_wherever_it_stands() -> None:
    place = Place("eu-west", frozenset({"eu-west"}), home=True)
    assert place.surely_in(frozenset({"local"}))
    assert place.surely_in(frozenset({"eu-west"}))
    assert not place.surely_in(frozenset({"us-east"}))


@pytest.mark.parametrize(
    ("written", "place", "promises"),
    [
        ({}, Place("a", frozenset("a")), False),
        ({}, Place("local", frozenset({"local"}), home=True), True),
        ({"data_residency_support": True}, Place("a", frozenset("a")), True),
        ({"data_residency_support": False}, Place("a", frozenset("a")), False),
        ({"data_residency_support": ["a"]}, Place("a", frozenset("a")), True),
        ({"data_residency_support": ["a"]}, Place("b", frozenset("b")), False),
        ({"data_residency_support": ["a"]}, Place("", frozenset("ab")), False),
    ],
)
def test_promises(written: dict[str, Any], place: Place, promises: bool) -> None:
    assert standing({}, written).promises(place) is promises


@pytest.mark.parametrize(
    ("model", "leaves"),
    [
        ("gpt-oss:120b-cloud", True),
        ("glm-4.6:cloud", True),
        ("gpt-oss:120b", False),
        ("cloud", False),
        ("cloudy:7b", False),
        ("me/x-cloud", False),
    ],
)
def test_what_ollama_passes_on(model: str, leaves: bool) -> None:
    assert leaves_home(model) is leaves


@pytest.mark.parametrize(
    ("entry", "places"),
    [
        ({"type": "ollama", "base_url": ""}, (SOMEWHERE,)),
        ({"type": "ollama", "base_url": "", "location": "local", "region": "eu-west"}, (SOMEWHERE,)),
        (
            {"type": "ollama", "base_url": "https://ollama.com", "region": "us-east"},
            (Place("us-east", frozenset({"us-east"})),),
        ),
        ({"type": "vllm", "location": "local"}, (Place("local", frozenset({"local"}), home=True),)),
    ],
)
def test_what_is_passed_on_may_be_anywhere(entry: dict[str, Any], places: tuple[Place, ...]) -> None:
    assert standing(entry).places_of("gpt-oss:120b-cloud") == places


def test_audits_are_told_apart_by_letters_and_not_by_case() -> None:
    assert standing({}, {"compliance": ["GDPR", "Soc2"]}).audits == {"gdpr", "soc2"}
