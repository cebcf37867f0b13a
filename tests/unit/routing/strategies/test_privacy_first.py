"""Nothing leaves the house."""

from collections.abc import Callable

from ai_dashboard.core.plan import Excluded, Plan

PROVIDERS = {
    "cloud": {"base_url": "https://gpu.example.com", "models": ["m"]},
    "home": {"type": "ollama", "models": ["m"]},
    "garage": {"base_url": "http://192.168.1.7:8001", "models": ["m"]},
}
REASON = "not_local: privacy_first keeps requests on your own machines"


def test_only_machines_of_ones_own(plans: Callable[..., list[Plan]]) -> None:
    (made,) = plans("privacy_first", PROVIDERS)
    assert [it.provider for it in made.attempts] == ["home", "garage"]
    assert made.excluded == (Excluded("cloud", "m", REASON),)


def test_whoever_steps_in_is_held_to_it_too(plans: Callable[..., list[Plan]]) -> None:
    (made,) = plans("privacy_first", {"cloud": PROVIDERS["cloud"]})
    assert made.attempts == ()
    assert made.excluded == (Excluded("cloud", "m", REASON),)
