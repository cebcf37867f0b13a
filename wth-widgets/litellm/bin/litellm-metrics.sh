#!/usr/bin/env bash
# How many requests, how fast, how many went wrong, and how many the cache has answered.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
[ -r "$here/common.sh" ] || here=${WTH_WIDGET_DIR:-$HOME/.local/share/wth-widgets}/litellm/bin
# shellcheck source=common.sh
. "$here/common.sh"

begin litellm-metrics "Requests" \
  "Requests, p50, p95 and p99 of their time, errors, cache hits. With LITELLM_METRICS_ENDPOINT, or without a
key for the admin API, the Prometheus page is read instead: its percentiles are of everything since the start." "$@"

metrics=${LITELLM_METRICS_ENDPOINT:-/metrics} page=1
if [ -z "${LITELLM_METRICS_ENDPOINT:-}" ] && [ -n "$key" ]; then
  ask "$SNAPSHOT" /api/admin/cache/stats && page=0
  if refused; then page=1; fi
fi
[ "$page" = 1 ] && ask "$metrics"
PAGE=$page
export PAGE

# shellcheck disable=SC2016 # it is awk's text
show '
function view() {
  if (ENVIRON["PAGE"] == 1) { allowed(1); from_page() } else { allowed(1); allowed(2); from_snapshot() }
}
function say(name, value) { out(left(name, 10) value) }

function from_snapshot(   i, minute, hits, asked) {
  for (i = 0; (1, "series", i, "at") in V; i++)
    if (V[1, "series", i, "at"] + 0 > V[1, "at"] - 60) minute += V[1, "series", i, "requests"]
  say("Requests", grouped(V[1, "gateway", "requests"]) " in all, " grouped(minute) " in the last minute")
  say("Latency", times(V[1, "total", "p50"], V[1, "total", "p95"], V[1, "total", "p99"]))
  say("1st token", times(V[1, "ttft", "p50"], V[1, "ttft", "p95"], V[1, "ttft", "p99"]))
  errors(V[1, "gateway", "failures"], V[1, "gateway", "requests"])
  hits = V[2, "exact", "hits"] + V[2, "semantic", "hits"]
  asked = V[2, "exact", "hits"] + V[2, "exact", "misses"]
  say("Cache", V[2, "enabled"] == "true" ? known_of(hits, asked) : "off")
  say("Now", sprintf("%d in flight, %.1f requests/s, %.0f tokens/s",
    V[1, "gateway", "in_flight"], V[1, "gateway", "rate"], V[1, "gateway", "tokens_per_s"]))
}
function times(p50, p95, p99) { return "p50 " time(p50) "  p95 " time(p95) "  p99 " time(p99) }
function known_of(hits, asked) { return grouped(hits) " hits" (asked ? " (" percent(least(1, hits / asked)) ")" : "") }
function errors(failed, all) { say("Errors", grouped(failed) (all + 0 ? " (" percent(failed / all) ")" : "")) }

# Prometheus text: `name{label="value"} number`. A name may end in `_total` or not.
function from_page(   i, line, name, labels, number, all, failed, hits, misses, any) {
  for (i = 1; i <= raws[1]; i++) {
    line = RAW[1, i]
    if (line ~ /^#/ || !match(line, /^[a-zA-Z_:][a-zA-Z0-9_:]*/)) continue
    name = substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1); labels = ""
    if (match(line, /^\{.*\}/)) { labels = substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1) }
    split(line, said, " "); number = said[1] + 0
    sub(/_total$/, "", name)
    if (name == "litellm_requests") {
      any = 1; all += number
      if (labels !~ /status="(success|ok|cancelled|2[0-9x]*)"/) failed += number
    } else if (name == "litellm_cache_hits") hits += number
    else if (name == "litellm_cache_misses") misses += number
    else if (name == "litellm_request_duration_seconds_bucket" && match(labels, /le="[^"]*"/))
      bucket(substr(labels, RSTART + 4, RLENGTH - 5), number)
  }
  if (!any) refuse("there are no litellm_ metrics at " ENVIRON["HOST"])
  say("Requests", grouped(all) " in all")
  say("Latency", times(quantile(0.5), quantile(0.95), quantile(0.99)))
  errors(failed, all)
  say("Cache", known_of(hits, hits + misses))
}
function bucket(bound, number,   i, last) { # bounds in order; those of several series are added up
  bound = bound ~ /Inf/ ? 1e300 : bound + 0
  for (i = bounds; i && BOUND[i] > bound; i--) { }
  if (i && BOUND[i] == bound) { UNDER[i] += number; return }
  for (last = ++bounds; last > i + 1; last--) { BOUND[last] = BOUND[last - 1]; UNDER[last] = UNDER[last - 1] }
  BOUND[i + 1] = bound; UNDER[i + 1] = number
}
function quantile(share,   i, wanted, below, under) {
  if (!bounds || !UNDER[bounds]) return ""
  wanted = share * UNDER[bounds]
  for (i = 1; i < bounds; i++) {
    if (UNDER[i] >= wanted) break
    below = BOUND[i]; under = UNDER[i]
  }
  if (BOUND[i] >= 1e300) return below # more than the largest bound is not known
  return below + (BOUND[i] - below) * (wanted - under) / (UNDER[i] - under)
}'
