#!/usr/bin/env bash
# A score from 0 to 100 for each provider, best first: latency 40, error rate 30, availability 20, throughput 10.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
[ -r "$here/common.sh" ] || here=${WTH_WIDGET_DIR:-$HOME/.local/share/wth-widgets}/litellm/bin
# shellcheck source=common.sh
. "$here/common.sh"

begin provider-score "Provider scores" \
  "A score for each provider, of the last 15 minutes, or of Prometheus' last 5 where PROM_HOST is set:

  latency 40       p95 of the first token: all up to 0.25 s, none from 10 s on; each doubling in between costs 7.6
  errors 30        all for none, nothing for one in ten
  availability 20  active all, degraded half, otherwise nothing
  throughput 10    tokens a second of an answer: all from 100 on

What was not measured does not count: the rest is scaled up. A is 90 and more, then B 80, C 70, D 60, F." "$@"

ask "$SNAPSHOT"
# Prometheus' figures are used beside the gateway's list of providers and their state.
if [ -n "${PROM_HOST:-}" ]; then
  of_gateway=$answer
  case $PROM_HOST in http://* | https://*) ;; *) PROM_HOST=http://$PROM_HOST ;; esac
  query='/api/v1/query?query='
  quantile='histogram_quantile(0.95,sum+by(provider,le)(rate(provider_ttft_seconds_bucket[5m])))'
  failed='sum+by(provider)(rate(provider_errors_total[5m]))/sum+by(provider)(rate(provider_requests_total[5m]))'
  there='avg+by(provider)(avg_over_time(provider_availability[5m]))'
  talk "${PROM_HOST%/}" "" "$query$quantile" "$query$failed" "$query$there" ||
    fail "no Prometheus answers at $PROM_HOST (unset PROM_HOST to do without)"
  answer="$of_gateway
$answer"
fi

# shellcheck disable=SC2016 # it is awk's text
show '
function view(   i, at, n, width, best) {
  allowed(1)
  if (doc > 2) for (i = 2; i <= 4; i++) from_prometheus(i)
  for (i = 0; (1, "providers", i, "name") in V; i++) {
    at = 1 SUBSEP "providers" SUBSEP i SUBSEP
    weigh(++n, at, V[at "name"], standing(V[at "health"], V[at "wish"]))
    width = most(width, chars(NAME[n]))
  }
  if (!n) { out("no providers: start one of your own, or set a key"); return }
  width = most(8, least(width, W - 33))
  for (i = 1; i <= n; i++) ORDER[i] = i
  rank(n)
  out(paint("head", left("provider", width) "  score  grade  recommendation"))
  for (i = 1; i <= n; i++) {
    at = ORDER[i]
    out(left(cut(NAME[at], width), width) "  " right(SCORE[at] < 0 ? "–" : sprintf("%.0f", SCORE[at]), 5) "  " \
      left(grade(SCORE[at]), 5) "  " advice(at, i))
  }
}
function from_prometheus(number,   i, at) {
  if (code[number] != 200) refuse("Prometheus answers HTTP " code[number] " (unset PROM_HOST to do without)")
  for (i = 0; (number, "data", "result", i, "metric", "provider") in V; i++) {
    at = V[number, "data", "result", i, "value", 1]
    if (at != "NaN") SEEN[number, V[number, "data", "result", i, "metric", "provider"]] = at
  }
}
function weigh(n, at, name, health,   latency, failed, there, speed, got, of) {
  NAME[n] = name; HEALTH[n] = health; WHY[n] = V[at "reason"]
  latency = V[at "ttft" SUBSEP "p95"]; failed = V[at "error_ratio"]; speed = V[at "tokens_per_s"]
  there = health == "active" ? 1 : health == "degraded" ? 0.5 : 0
  if (doc > 2) {
    latency = (2, name) in SEEN ? SEEN[2, name] : ""; failed = (3, name) in SEEN ? SEEN[3, name] : ""
    if ((4, name) in SEEN) there = SEEN[4, name]
  }
  OFF[n] = answers(health) == "OFF"
  if (latency == "" && failed == "" || OFF[n]) { SCORE[n] = -1; return }
  got = 20 * there; of = 20
  if (latency != "") { got += 40 * within(1 - doublings(latency / 0.25) / doublings(10 / 0.25)); of += 40 }
  if (failed != "") { got += 30 * within(1 - 10 * failed); of += 30 }
  if (speed != "") { got += 10 * within(speed / 100); of += 10 }
  SCORE[n] = 100 * got / of
}
function doublings(times,   n) { # some awks know no logarithm: straight lines between the powers of two will do
  while (times >= 2) { times /= 2; n++ }
  return n + times - 1
}
function within(share) { return most(0, least(1, share)) }
function rank(n,   i, j, it) {
  for (i = 2; i <= n; i++) {
    it = ORDER[i]
    for (j = i - 1; j && SCORE[ORDER[j]] < SCORE[it]; j--) ORDER[j + 1] = ORDER[j]
    ORDER[j + 1] = it
  }
}
function grade(score) {
  if (score < 0) return "–"
  return score >= 90 ? "A" : score >= 80 ? "B" : score >= 70 ? "C" : score >= 60 ? "D" : "F"
}
function advice(at, place) {
  if (OFF[at]) return "off"
  if (answers(HEALTH[at]) == "DOWN") return paint("bad", "avoid: " (WHY[at] == "" ? HEALTH[at] : WHY[at]))
  if (SCORE[at] < 0) return "no requests to judge by"
  if (SCORE[at] < 60) return paint("doubt", "look into it")
  return place == 1 ? paint("good", "primary") : SCORE[at] >= 75 ? "secondary" : "fallback only"
}'
