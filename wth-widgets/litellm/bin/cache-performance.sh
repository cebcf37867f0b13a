#!/usr/bin/env bash
# What the cache holds and how often it knew the answer.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
[ -r "$here/common.sh" ] || here=${WTH_WIDGET_DIR:-$HOME/.local/share/wth-widgets}/litellm/bin
# shellcheck source=common.sh
. "$here/common.sh"

begin cache-performance "Cache" \
  "The cache: answers, memory, hit rate, evictions, how long answers are good for, what it saved." "$@"
ask /api/admin/cache/stats

# shellcheck disable=SC2016 # it is awk's text
show '
function view(   hits, asked) {
  allowed(1)
  if (V[1, "enabled"] != "true") { out("off: set `cache.enabled: true` in gateway.yaml"); return }
  hits = V[1, "exact", "hits"] + V[1, "semantic", "hits"]
  asked = V[1, "exact", "hits"] + V[1, "exact", "misses"]
  say("Keys", grouped(V[1, "exact", "entries"]) \
    (known(1 SUBSEP "semantic" SUBSEP "entries") ? "  (by meaning: " grouped(V[1, "semantic", "entries"]) ")" : ""))
  say("Memory", size(V[1, "exact", "bytes"]) " of " size(V[1, "exact", "max_bytes"]) \
    (V[1, "exact", "shared"] == "true" ? ", and Redis" : ""))
  say("Hit rate", asked ? percent(least(1, hits / asked)) "  (" grouped(hits) " of " grouped(asked) ")" : "–")
  say("Evictions", grouped(V[1, "exact", "evicted"]))
  say("Avg TTL", known(1 SUBSEP "exact" SUBSEP "mean_ttl_s") ? age(V[1, "exact", "mean_ttl_s"]) : "–")
  say("Saved", sprintf("%s, $%.4f", time(V[1, "saved_s"] + 0), V[1, "saved_usd"]))
  if (V[1, "problem"] != "") out(paint("doubt", "⚠ by meaning: " V[1, "problem"]))
}
function say(name, value) { out(left(name, 11) value) }'
