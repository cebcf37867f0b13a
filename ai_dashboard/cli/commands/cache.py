"""Say what a running gateway's cache does, or make it forget.

  ai-dashboard cache                              hits, misses, what they saved
  ai-dashboard cache invalidate --model gpt-4o    forget all answers to asks for a model
  ai-dashboard cache invalidate --tenant acme     forget all answers of a tenant
  ai-dashboard cache invalidate --all             forget everything
  ai-dashboard cache clear-expired                forget answers whose time is over now
  ai-dashboard cache feedback ENTRY               a semantic hit was wrong: `x-cache-entry` of its reply

Without a shared Redis and with `--workers`, the worker that takes the connection is asked, and no other.
"""

import argparse
import json
from typing import Any

from ai_dashboard.cli.asking import ask
from ai_dashboard.cli.options import add_url_option

ACTIONS = ("stats", "invalidate", "clear-expired", "feedback")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="stats", metavar="ACTION")
    parser.add_argument("entry", nargs="?", metavar="ENTRY", help="feedback: `x-cache-entry` of the reply")
    parser.add_argument("--similarity", type=float, metavar="N", help="feedback: its `x-cache-similarity`")
    parser.add_argument("--model", help="invalidate: the model, as callers name it")
    parser.add_argument("--tenant", help="invalidate: the tenant")
    parser.add_argument("--all", action="store_true", help="invalidate: everything")
    parser.add_argument("--json", action="store_true", help="for programs")
    add_url_option(parser)
    parser.set_defaults(refuse=parser.error)


def run(args: argparse.Namespace) -> int:
    if (args.action == "feedback") != (args.entry is not None):
        args.refuse("`feedback` needs an ENTRY, and nothing else takes one")
    match args.action:
        case "invalidate":
            if args.all == bool(args.model or args.tenant):
                args.refuse("say what to forget: --model, --tenant, or both; or --all")
            said = ask(
                args.url, "POST", "cache/invalidate", {"model": args.model, "tenant": args.tenant, "all": args.all}
            )
            text = forgotten(said)
        case "clear-expired":
            said = ask(args.url, "POST", "cache/clear-expired")
            text = forgotten(said)
        case "feedback":
            said = ask(args.url, "POST", "cache/feedback", {"entry": args.entry, "similarity": args.similarity})
            text = [f"forgotten; prompts near it need a similarity of {said['threshold']:.3f} from now on"]
        case _:
            said = ask(args.url, "GET", "cache/stats")
            text = lines(said)
    print(json.dumps(said, ensure_ascii=False, indent=2) if args.json else "\n".join(text))
    return 0


def lines(figures: dict[str, Any]) -> list[str]:
    """The figures, for people."""
    exact, semantic = figures["exact"], figures["semantic"]
    if not figures["enabled"]:
        return ["the cache is off: set `cache.enabled: true` in gateway.yaml"]
    where = "memory and Redis" if exact["shared"] else "memory"
    text = [
        f"exact     {_share(exact)}  {exact['bypasses']} bypassed  {exact['joined']} waited for another's answer",
        f"          {exact['entries']} answers in {where}, {exact['evicted']} evicted",
        f"          {exact['bytes'] / (1 << 20):.1f} of {exact['max_bytes'] / (1 << 20):.0f} MiB",
    ]
    if semantic is not None:
        mean = f"  mean similarity {semantic['mean_similarity']:.3f}" if semantic["mean_similarity"] is not None else ""
        text.append(f"semantic  {_share(semantic)}  {semantic['near_misses']} near misses{mean}")
        text.append(
            f"          {semantic['entries']} prompts, threshold {semantic['threshold']}, by {semantic['embedder']}, "
            f"{semantic['embed_failures']} times without a vector"
        )
        text += [f"          near: {it['similarity']:.3f} ({it['reason']})" for it in semantic["near"][-3:]]
    elif figures["problem"]:
        text.append(f"semantic  off: {figures['problem']}")
    return [*text, f"saved     {figures['saved_s']:.1f} s, ${figures['saved_usd']:.4f} where the price is known"]


def forgotten(said: dict[str, Any]) -> list[str]:
    """What an invalidation has come to."""
    text = [f"forgotten: {said.get('exact', 0)} exact, {said.get('semantic', 0)} semantic"]
    if said.get("complete") is False:
        text.append("Redis cannot be asked now: it is told when it is back")
    return text


def _share(figures: dict[str, Any]) -> str:
    asked = figures["hits"] + figures["misses"]
    share = f"{100 * figures['hits'] / asked:.0f} %" if asked else "–"
    return f"{figures['hits']} hits of {asked} ({share})"
