#!/usr/bin/env bash
# Who is there: the gateway, each provider and Redis, with their ports, and how fast they answer.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
[ -r "$here/common.sh" ] || here=${WTH_WIDGET_DIR:-$HOME/.local/share/wth-widgets}/litellm/bin
# shellcheck source=common.sh
. "$here/common.sh"

begin health-status "Health" \
  "The gateway, each provider and Redis: port, UP, DOWN or OFF, and what a health check takes." "$@"

# With a key the whole picture is asked for; what everybody may know has neither ports nor Redis' times in it.
details='/health?details=true'
ask "$LITELLM_HEALTH_ENDPOINT" "$([ -n "$key" ] && echo "$SNAPSHOT" || echo "$details")"
if refused; then ask "$LITELLM_HEALTH_ENDPOINT" "$details"; fi

# shellcheck disable=SC2016 # it is awk's text
show '
function view(   i, at, names, n, health) {
  if (code[2] != 503) allowed(2)
  port = port_of(ENVIRON["HOST"])
  row(code[1] < 500 ? "active" : "unavailable", "gateway", port, took[1], code[1] < 500 ? "" : "HTTP " code[1])
  if (known(2 SUBSEP "gateway" SUBSEP "pid")) {
    for (i = 0; (2, "providers", i, "name") in V; i++) {
      at = 2 SUBSEP "providers" SUBSEP i SUBSEP
      health = standing(V[at "health"], V[at "wish"])
      row(health, V[at "name"], port_of(V[at "address"]), V[at "check_s"], V[at "reason"])
    }
    if (known(2 SUBSEP "shared" SUBSEP "address"))
      row(V[2, "shared", "up"] == "true" ? "active" : "unavailable", "Redis", port_of(V[2, "shared", "address"]),
        V[2, "shared", "answer_s"], V[2, "shared", "reason"])
    else row("disabled", "Redis", "", "", "not used")
  } else {
    for (at in V) if (split(at, path, SUBSEP) == 4 && path[2] == "details" && path[4] == "status") names[++n] = path[3]
    sorted(names, n)
    for (i = 1; i <= n; i++) {
      at = 2 SUBSEP "details" SUBSEP names[i] SUBSEP
      row(standing(V[at "status"], V[at "wish"]), names[i], "", "", V[at "reason"])
    }
    at = V[2, "redis"]
    row(at == "" ? "disabled" : at == "up" ? "active" : "unavailable", "Redis", "", "", at == "" ? "not used" : "")
  }
  width = least(wide, most(8, W - 32))
  for (i = 1; i <= rows; i++)
    out(R[i, 1] " " left(cut(R[i, 2], width), width) " " left(R[i, 3], 7) " " left(R[i, 4], 4) " " right(R[i, 5], 8) \
      (R[i, 6] == "" ? "" : "  " R[i, 6]))
}
function row(health, name, port, seconds, reason) {
  wide = most(wide, chars(name)); rows++
  R[rows, 1] = mark(health); R[rows, 2] = name; R[rows, 3] = port == "" ? "(–)" : "(" port ")"
  R[rows, 4] = answers(health); R[rows, 5] = time(seconds); R[rows, 6] = health == "active" ? "" : reason
}
function port_of(address,   scheme) {
  scheme = address ~ /^https:/ ? 443 : address ~ /^rediss?:/ ? 6379 : address ~ /^http:/ ? 80 : ""
  sub(/^[a-z]+:\/\//, "", address); sub(/\/.*/, "", address)
  return match(address, /:[0-9]+$/) ? substr(address, RSTART + 1) : scheme
}
function sorted(list, n,   i, j, it) {
  for (i = 2; i <= n; i++) {
    it = list[i]
    for (j = i - 1; j && list[j] > it; j--) list[j + 1] = list[j]
    list[j + 1] = it
  }
}'
