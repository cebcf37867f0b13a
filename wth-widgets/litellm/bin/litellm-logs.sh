#!/usr/bin/env bash
# The latest requests, or the end of the log that LITELLM_LOG_SOURCE names: a command, or a file.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
[ -r "$here/common.sh" ] || here=${WTH_WIDGET_DIR:-$HOME/.local/share/wth-widgets}/litellm/bin
# shellcheck source=common.sh
. "$here/common.sh"

begin litellm-logs "Log" \
  "The gateway's last requests, the newest last. LITELLM_LOG_SOURCE is shown instead where it is set: the output of
a command, such as 'journalctl --user -u ai-dashboard -n 40 --no-pager -o cat', or the end of a file." "$@"

rows=$((height > 2 ? height - 1 : height > 0 ? height : 20))
if [ -z "${LITELLM_LOG_SOURCE:-}" ]; then
  ask "/api/admin/requests?limit=$rows"
elif [ -f "$LITELLM_LOG_SOURCE" ]; then
  answer=$(tail -n "$rows" -- "$LITELLM_LOG_SOURCE" 2>/dev/null) || fail "$LITELLM_LOG_SOURCE cannot be read"
else
  patience=$(command -v timeout >/dev/null 2>&1 && echo "timeout 1.5")
  # shellcheck disable=SC2086 # two words
  answer=$($patience sh -c "$LITELLM_LOG_SOURCE" 2>&1) ||
    fail "LITELLM_LOG_SOURCE ($LITELLM_LOG_SOURCE) ended with exit code $?"
fi
if [ -n "${LITELLM_LOG_SOURCE:-}" ]; then
  # As text: each line in quotes, so that nothing in it is taken for anything else.
  answer=$(printf '%s\n' "$answer" | awk -v rows="$rows" '
    { kept[NR] = $0 }
    END {
      for (i = NR > rows ? NR - rows + 1 : 1; i <= NR; i++) {
        gsub(/\t/, " ", kept[i]); gsub(/[\001-\037]/, "", kept[i])
        gsub(/[\\"]/, "\\\\&", kept[i])
        print "line\034" ++n "\t\"" kept[i] "\""
      }
      print "\036 200 0"
    }')
fi
ZONE=$(date +%z 2>/dev/null) || ZONE=+0000
export ZONE

# shellcheck disable=SC2016 # it is awk's text
show '
function view(   i, n, at, level, text) {
  if (code[1] != 200) allowed(1)
  for (i = 1; (1, "line", i) in V; i++) { out(V[1, "line", i]); n++ }
  for (i = 0; (1, "records", i, "id") in V; i++) {
    at = 1 SUBSEP "records" SUBSEP i SUBSEP
    level = V[at "error"] != "" ? paint("bad", "ERROR") : "INFO "
    text = V[at "asked"] " → " (V[at "provider"] == "" ? "nobody" : V[at "provider"])
    if (V[at "cached"] != "") text = text " (cache)"
    text = text "  " V[at "status"] "  " time(V[at "total_s"])
    if (V[at "error"] != "") text = text "  " V[at "error"] ": " V[at "message"]
    out(substr(moment(V[at "at"]), 12) " " level " " text)
    n++
  }
  if (!n) out("nothing yet")
}'
