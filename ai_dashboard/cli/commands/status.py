"""Say in a few lines how a running gateway is.

ai-dashboard status           for people
ai-dashboard status --json    everything, for programs
ai-dashboard status --tmux    one line, for a status bar
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from ai_dashboard.cli.neighbour import get_json, nobody_at, token_for
from ai_dashboard.cli.options import add_url_option

MARKS = {
    "active": "●",
    "degraded": "◐",
    "cooldown": "◌",
    "unavailable": "○",
    "auth_failed": "✗",
    "checking": "…",
    "draining": "–",
    "disabled": "–",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    add_url_option(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the whole snapshot as JSON")
    form.add_argument("--tmux", action="store_true", help="one line for a status bar")


def run(args: argparse.Namespace) -> int:
    snapshot = get_json(args.url, "/api/admin/snapshot", token=token_for(args.url))
    if snapshot is None:
        if args.tmux:
            print("○ no gateway")
        else:
            print(f"ai-dashboard: {nobody_at(args.url)}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(snapshot, ensure_ascii=False, indent=2))
    elif args.tmux:
        print(one_line(snapshot))
    else:
        print("\n".join(lines(snapshot)))
    return 0 if _well(snapshot) else 1


def _well(snapshot: dict[str, Any]) -> bool:
    used = [provider["health"] for provider in _used(snapshot)]
    return bool(snapshot["config"]["usable"]) and all(health in {"active", "degraded", "checking"} for health in used)


def _used(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The providers that neither the configuration nor an operator has taken out."""
    return [it for it in snapshot["providers"] if it["health"] != "disabled" and it.get("wish") is None]


def one_line(snapshot: dict[str, Any]) -> str:
    """`● 3/4 1.2/s 88ms ⚠1`: providers that answer, requests a second, median time to the first token, and alerts that
    nobody has seen to."""
    used = _used(snapshot)
    up = [provider for provider in used if provider["health"] in {"active", "degraded"}]
    mark = "●" if len(up) == len(used) else "◐" if up else "○"
    parts = [mark, f"{len(up)}/{len(used)}", f"{snapshot['gateway']['rate']:.1f}/s"]
    if (ttft := snapshot["ttft"]["p50"]) is not None:
        parts.append(_duration(ttft))
    if unseen := sum(map(_is_open, snapshot["alerts"])):
        parts.append(f"⚠{unseen}")
    if snapshot["gateway"]["simulated"]:
        parts.append("DEMO")
    return " ".join(parts)


def lines(snapshot: dict[str, Any]) -> list[str]:
    """A heading, a line for each provider, then what is wrong."""
    text = [_heading(snapshot["gateway"]), ""]
    providers = snapshot["providers"]
    width = max((len(provider["name"]) for provider in providers), default=0)
    text.extend(_provider_line(provider, width) for provider in providers)
    if not providers:
        text.append("no providers: start one of your own, set a key, or try `ai-dashboard --demo`")
    if alerts := sorted(snapshot["alerts"], key=_is_open, reverse=True):
        text += ["", _counted(alerts), *map(_alert_line, alerts)]
    return text


def _heading(gateway: dict[str, Any]) -> str:
    label = "DEMO · " if gateway["simulated"] else ""
    address = f"{label}http://{gateway['host']}:{gateway['port']}  up {_duration(gateway['uptime_s'])}"
    load = f"{gateway['rate']:.1f} req/s  {gateway['in_flight']} in flight  {gateway['requests']} answered"
    return f"{address}  {load}"


def _provider_line(provider: dict[str, Any], width: int) -> str:
    state = f"{MARKS.get(provider['health'], '?')} {provider['name']:<{width}}  {provider['health']:<11}"
    total = provider["total"]
    times = f"p50 {_duration(total['p50']):>6}  p95 {_duration(total['p95']):>6}"
    return f"{state}  {times}  {provider['per_minute']:>5.0f} req/min  {len(provider['models']):>3} models"


def _is_open(alert: dict[str, Any]) -> bool:
    """Whether nobody has taken note of it, or silenced it."""
    return not alert.get("acked") and alert.get("silenced_until") is None


def _counted(alerts: Sequence[dict[str, Any]]) -> str:
    """`2 alerts, 1 noted`: how many somebody should look at, then how many somebody has seen to."""
    unseen = sum(map(_is_open, alerts))
    noted = len(alerts) - unseen
    said = f"{unseen} alert{'' if unseen == 1 else 's'}" if unseen else "no alerts"
    return f"{said}, {noted} noted" if noted else said


def _alert_line(alert: dict[str, Any]) -> str:
    if _is_open(alert):
        return f"⚠ {alert['text']} ({alert['hint']})" if alert["hint"] else f"⚠ {alert['text']}"
    until = alert.get("silenced_until")
    seen = "noted" if until is None else f"silent until {time.strftime('%H:%M', time.localtime(until))}"
    return f"· {alert['text']} ({seen})"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes = int(seconds // 60)
    return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}"
