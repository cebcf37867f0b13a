"""Keys of the screen of cache and queue."""

from ai_dashboard.tui.keys.key import Key, Scope

KEYS: tuple[Key, ...] = (
    Key(
        "cache.open",
        Scope.CACHE,
        "enter",
        "⏎",
        "open",
        "Requests",
        "The requests of the selected line; elsewhere those that were answered from the cache",
        5,
    ),
    Key("cache.window", Scope.CACHE, "w", "w", "window(1)", "Window", "A longer window: 1m, 5m, 1h, 24h", 6),
    Key("cache.window_back", Scope.CACHE, "W", "W", "window(-1)", "Shorter", "A shorter window"),
    Key("cache.forget", Scope.CACHE, "i", "i", "forget", "Forget model", "Forget the cached answers of a model", 7),
    Key("cache.forget_all", Scope.CACHE, "I", "I", "forget_all", "Forget all", "Forget all cached answers", 8),
    Key(
        "cache.clear",
        Scope.CACHE,
        "x",
        "x",
        "clear",
        "Clear expired",
        "Clear what is expired: cached answers, and requests that wait past their deadline",
        9,
    ),
)
