#!/usr/bin/env bash
# The gateway's process: since when it runs, what it takes, and with which configuration.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
[ -r "$here/common.sh" ] || here=${WTH_WIDGET_DIR:-$HOME/.local/share/wth-widgets}/litellm/bin
# shellcheck source=common.sh
. "$here/common.sh"

begin litellm-status "Gateway" \
  "The gateway's process: uptime, PID, CPU, memory, connections, hash of its configuration, last start." "$@"
ask "$SNAPSHOT"
ZONE=$(date +%z 2>/dev/null) || ZONE=+0000
export ZONE

# shellcheck disable=SC2016 # it is awk's text
show '
function view(   number, state, hash, changed) {
  allowed(1)
  number = V[1, "config", "number"] + 0
  state = paint("good", "● running")
  if (V[1, "config", "usable"] == "false") state = paint("bad", "✗ its configuration was refused")
  if (V[1, "gateway", "draining"] == "true") state = paint("doubt", "◐ draining")
  say("Status", state "  " V[1, "gateway", "version"] (V[1, "gateway", "simulated"] == "true" ? "  DEMO" : ""))
  say("Uptime", age(V[1, "gateway", "uptime_s"]))
  say("PID", V[1, "gateway", "pid"])
  say("CPU", V[1, "host", "own_cpu"] == "" ? "–" : sprintf("%.1f %% of a core", 100 * V[1, "host", "own_cpu"]))
  say("Memory", size(V[1, "host", "own_memory"]))
  say("Connections", V[1, "gateway", "connections"] " open, " V[1, "gateway", "in_flight"] " requests in flight")
  hash = V[1, "config", "hash"] == "" ? V[1, "config", "origin"] : substr(V[1, "config", "hash"], 1, 8)
  changed = number > 2 ? "changed " number - 1 " times" : number > 1 ? "changed once" : "unchanged"
  say("Config", hash " (" changed " since the start)")
  say("Last start", moment(V[1, "at"] - V[1, "gateway", "uptime_s"]))
}
function say(name, value) { out(left(name, 13) value) }'
