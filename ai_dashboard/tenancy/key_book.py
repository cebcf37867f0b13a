"""The keys of this gateway: looked up in memory, changed in their home, and looked after for what others change."""

from collections.abc import Callable, Mapping

from ai_dashboard.core.clock import Clock
from ai_dashboard.core.errors import CallerError, KeyNotFound, KeysUnreadable
from ai_dashboard.core.secrets import mask
from ai_dashboard.core.tenancy import Key, KeyView, NewKey
from ai_dashboard.state.beat import next_beat
from ai_dashboard.tenancy.key_homes import KeyHome
from ai_dashboard.tenancy.keys import PREFIX, Entropy, Wanted, changed, make_key, merged, revoked, state_of, view_of

LOOK_S = 0.5
"""What another process changes is known here within a second."""

MIN_PREFIX = 4


class KeyBook:
    """All keys. `version` is another number after each change; `trouble` says why they cannot be read, while they
    cannot: then those that were known stay good, and nobody is let in for want of keys."""

    def __init__(
        self, home: KeyHome, *, clock: Clock, entropy: Entropy, tell: Callable[[str], None] = lambda _trouble: None
    ) -> None:
        self.version = 0
        self.trouble = ""
        self._home = home
        self._clock = clock
        self._entropy = entropy
        self._tell = tell
        self._turn: str | None = None
        self._keys: dict[str, Key] = {}
        self._by_digest: Mapping[bytes, Key] = {}

    def find(self, digest: bytes) -> Key | None:
        """The key with this SHA-256."""
        return self._by_digest.get(digest)

    def __len__(self) -> int:
        """How many there ever were: those that are revoked count."""
        return len(self._keys)

    def views(self) -> tuple[KeyView, ...]:
        """All, in the order in which they were made."""
        now = self._clock.wall()
        return tuple(view_of(key, now) for key in sorted(self._keys.values(), key=lambda key: (key.created_at, key.id)))

    def view(self, name: str) -> KeyView:
        """One, by its id, the beginning of its id, or its name. Raises `KeyNotFound`."""
        return view_of(self._get(name), self._clock.wall())

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def create(self, wanted: Wanted) -> NewKey:
        """Make one. Raises `KeysUnreadable`, `CallerError`."""
        now = self._clock.wall()
        if wanted.expires_at is not None and wanted.expires_at <= now:
            raise CallerError("the key would have expired already", hint="give it a time that is to come")
        secret, key = make_key(wanted, now, self._entropy)
        await self._keep(key)
        return NewKey(secret, view_of(key, now))

    async def change(self, name: str, wanted: Wanted, *, disabled: bool) -> KeyView:
        """Give one other rights. Raises `KeyNotFound`, `KeysUnreadable`, and `CallerError` for one that is revoked."""
        key, now = self._get(name), self._clock.wall()
        if key.revoked_at is not None:
            raise CallerError(f"{key.id} is revoked for good", hint="make a new key")
        await self._keep(changed(key, now, wanted, disabled=disabled))
        return self.view(key.id)

    async def revoke(self, name: str) -> KeyView:
        """For good. Raises `KeyNotFound`, `KeysUnreadable`."""
        key = self._get(name)
        if state_of(key, self._clock.wall()) != "revoked":
            await self._keep(revoked(key, self._clock.wall()))
        return self.view(key.id)

    def wanted(self, name: str) -> tuple[Wanted, bool]:
        """What one may now, and whether it is disabled: for changing a part of it. Raises `KeyNotFound`."""
        key = self._get(name)
        wanted = Wanted(key.name, key.tenant, key.scopes, key.models, key.providers, key.limits, key.expires_at)
        return wanted, key.disabled

    # ── what others change ───────────────────────────────────────────────────────────────────────────────────────

    async def look(self, *, patiently: bool = False) -> None:
        """Take over what has changed; `patiently`, by the next beat."""
        try:
            turn = await self._home.turn(patiently=patiently)
            if turn == self._turn:
                self._become("")
                return
            found = await self._home.load()
        except KeysUnreadable as trouble:
            self._become(str(trouble))
            return
        self._turn = turn
        self._use(found)
        self._become("")

    async def watch(self) -> None:
        """Look every half second. Runs until it is cancelled."""
        while True:
            await self.look(patiently=True)
            await next_beat(LOOK_S)

    async def _keep(self, key: Key) -> None:
        await self._home.keep([key])
        self._use(merged(self._keys.values(), [key]))

    def _use(self, keys: dict[str, Key]) -> None:
        self._keys = keys
        self._by_digest = {bytes.fromhex(key.digest): key for key in keys.values()}
        self.version += 1

    def _get(self, name: str) -> Key:
        if name in self._keys:
            return self._keys[name]
        found = [key for key in self._keys.values() if key.name == name]
        if not found and len(name) >= MIN_PREFIX:
            found = [key for key in self._keys.values() if key.id.startswith(name)]
        if len(found) == 1:
            return found[0]
        problem = f"{len(found)} keys go by" if found else "there is no key"
        # Somebody may have given the key itself.
        said = mask(name) if name.startswith(PREFIX) else name[:64]
        raise KeyNotFound(f"{problem} {said!r}", hint="`ai-dashboard keys list` shows their ids")

    def _become(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._tell(trouble)
