#!/usr/bin/env bash
# Each provider in a line: how it stands, how many models it has, how much it does and how long that takes.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
[ -r "$here/common.sh" ] || here=${WTH_WIDGET_DIR:-$HOME/.local/share/wth-widgets}/litellm/bin
# shellcheck source=common.sh
. "$here/common.sh"

begin providers-overview "Providers" \
  "Each provider: status, models, requests a minute, median time of an answer (15 minutes)." "$@"
ask "$SNAPSHOT"

# shellcheck disable=SC2016 # it is awk's text
show '
function view(   i, at, width, health) {
  allowed(1)
  for (i = 0; (1, "providers", i, "name") in V; i++) width = most(width, chars(V[1, "providers", i, "name"]))
  if (!i) { out("no providers: start one of your own, or set a key"); return }
  width = most(8, least(width, W - 37))
  out(paint("head", "  " left("provider", width) "  status       models    load  latency"))
  for (i = 0; (1, "providers", i, "name") in V; i++) {
    at = 1 SUBSEP "providers" SUBSEP i SUBSEP
    health = standing(V[at "health"], V[at "wish"])
    out(mark(health) " " left(cut(V[at "name"], width), width) "  " left(health, 11) "  " right(models(at), 6) "  " \
      right(sprintf("%d/m", V[at "per_minute"]), 6) "  " right(time(V[at "total" SUBSEP "p50"]), 7))
  }
}
function models(at,   n) { while ((at "models" SUBSEP n + 0) in V) n++; return n + 0 }'
