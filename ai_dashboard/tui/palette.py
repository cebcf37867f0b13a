"""The palette: every action that works on the screen beneath, found by name."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider

from ai_dashboard.tui.keys import key_of, shown_by_id


class Actions(Provider):
    """The actions of the table of keys, by their sentence. Each runs where its key is bound, as if it was pressed."""

    async def discover(self) -> Hits:
        for sentence, key, run in self._actions():
            yield DiscoveryHit(sentence, run, help=key)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for sentence, key, run in self._actions():
            if (score := matcher.match(sentence)) > 0:
                yield Hit(score, matcher.highlight(sentence), run, help=key)

    def _actions(self) -> Iterator[tuple[str, str, partial[Any]]]:
        """Sentence, key and what to run; one entry a binding, however many keys it has."""
        seen: set[str] = set()
        bindings = self.screen.active_bindings.values()
        pressed = shown_by_id(active.binding for active in bindings)
        for active in bindings:
            binding = active.binding
            key = key_of(binding)
            if key is None or not active.enabled or binding.id is None or binding.id in seen:
                continue
            seen.add(binding.id)
            yield binding.tooltip, pressed[binding.id], partial(self.app.run_action, binding.action, active.node)
