# shellcheck shell=sh
# What the widgets share: settings, one talk with the gateway, and the awk that reads JSON and fits lines into a cell.
# It keeps to POSIX sh, so bash, dash and busybox all run it. Needed: curl and awk. Used where present: jq, gum.

set -u
# bash asks the terminal for COLUMNS anew after each program that ends: what WTH has set is remembered first.
given_columns=${COLUMNS:-} given_height=${HEIGHT:-}
# Every awk then counts bytes, and `chars` below makes characters of them: in other locales each awk differs.
LC_ALL=C
export LC_ALL

: "${LITELLM_HOST:=http://127.0.0.1:4000}"
: "${LITELLM_HEALTH_ENDPOINT:=/health/liveliness}"
# shellcheck disable=SC2034 # the widgets ask for it
SNAPSHOT=/api/admin/snapshot
PATIENCE_MS=1500
MARK=$(printf '\036')

# ── settings ──

begin() { # NAME TITLE WHAT-IT-SHOWS "$@": read the options, know the size of the cell
  widget=$1 title=$2 about=$3 wth=0
  shift 3
  for option in "$@"; do
    case $option in
      --wth) wth=1 ;;
      -h | --help) usage && exit 0 ;;
      *) echo "$widget: there is no option $option (there is --wth)" >&2 && exit 2 ;;
    esac
  done
  case $LITELLM_HOST in http://* | https://*) ;; *) LITELLM_HOST=http://$LITELLM_HOST ;; esac
  LITELLM_HOST=${LITELLM_HOST%/}
  columns=$(number "$given_columns" 80) height=$(number "$given_height" 0)
  [ "$wth" = 1 ] && columns=$((columns > 2 ? columns - 2 : 1)) # WTH cuts lines two earlier
  colour=1
  if [ "$wth" = 1 ] || [ "$height" -gt 0 ] || [ -n "${NO_COLOR:-}" ] || [ ! -t 1 ]; then colour=0; fi
  colour=${WTH_COLOR:-$colour}
  for tool in curl awk; do
    command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing: the widgets need it"
  done
  key=$(known_key)
}

usage() {
  cat <<EOT
usage: $widget.sh [--wth]

$about

  --wth   as a cell of WTH: errors on standard output, exit code 0

It asks the gateway at LITELLM_HOST (now: $LITELLM_HOST), with LITELLM_API_KEY or this user's own token.
COLUMNS and HEIGHT are the size of the cell; WTH_COLOR=1 or 0 says whether there are colours.

example: COLUMNS=60 HEIGHT=8 $widget.sh
EOT
}

number() { # TEXT DEFAULT: a whole number above 0, else the default
  case $1 in '' | *[!0-9]* | 0*) echo "$2" ;; *) [ "${#1}" -lt 6 ] && echo "$1" || echo "$2" ;; esac
}

known_key() { # what opens the admin API; the token in the state folder belongs to gateways on this machine alone
  if [ -n "${LITELLM_API_KEY:-}" ]; then
    printf '%s' "$LITELLM_API_KEY"
  elif [ -n "${AI_DASHBOARD_ADMIN_KEY:-}" ]; then
    printf '%s' "$AI_DASHBOARD_ADMIN_KEY"
  elif is_local "$LITELLM_HOST"; then
    home=${AI_DASHBOARD_STATE_DIR:-${XDG_STATE_HOME:-${HOME:-}/.local/state}/ai-dashboard}
    if [ -r "$home/admin-token" ]; then IFS= read -r token <"$home/admin-token" || :; printf '%s' "${token:-}"; fi
  fi
}

is_local() { # whether only this machine is behind an address
  host=${1#*://} && host=${host%%/*}
  case $host in *@*) return 1 ;; esac
  case $host in '['*) host=${host%%]*} && host=${host#[} ;; *) host=${host%:*} ;; esac
  case $host in *[!0-9.]*) [ "$host" = localhost ] || [ "$host" = ::1 ] ;; 127.*.*.*) return 0 ;; *) return 1 ;; esac
}

# ── asking ──

fail() { # one line; under WTH on standard output, as WTH shows nothing but an exit code otherwise
  if [ "${wth:-0}" = 1 ]; then printf '%s\n' "$1" && exit 0; fi
  printf '%s: %s\n' "$widget" "$1" >&2 && exit 1
}

ask() { # PATH…: sets `answer` to what the gateway says to each: a body, then a line with \036, status and seconds
  talk "$LITELLM_HOST" "$key" "$@"
  case $? in
    0) ;;
    6) fail "there is no such host: $LITELLM_HOST (set LITELLM_HOST)" ;;
    7) fail "no gateway at $LITELLM_HOST (\`ai-dashboard serve\` starts one)" ;;
    28) fail "the gateway at $LITELLM_HOST does not answer in time" ;;
    35 | 51 | 58 | 60 | 77) fail "no trusted connection to $LITELLM_HOST (look at its certificate)" ;;
    *) fail "what is at $LITELLM_HOST does not answer as a gateway does" ;;
  esac
}

refused() { # whether the gateway wants another key
  case $answer in *"$MARK 401 "* | *"$MARK 403 "*) return 0 ;; *) return 1 ;; esac
}

talk() { # HOST KEY PATH…: all in one process and over one connection; secrets are on nobody's command line
  there=$1 secret=$2
  shift 2
  wait_ms=$((PATIENCE_MS / $#))
  answer=$(
    {
      printf 'silent\nfail-early\nconnect-timeout = 1\nmax-time = %d.%03d\n' $((wait_ms / 1000)) $((wait_ms % 1000))
      printf 'write-out = "\\n\036 %%{http_code} %%{time_total}\\n"\n'
      is_local "$there" && printf 'noproxy = "*"\n'
      [ -n "$secret" ] && printf 'header = "Authorization: Bearer %s"\n' "$(in_quotes "$secret")"
      for path in "$@"; do printf 'url = "%s"\n' "$(in_quotes "$there$path")"; done
    } | curl -q --globoff -K -
  )
}

in_quotes() { # TEXT as curl reads it between double quotes
  case $1 in
    *[\"\\]*) printf '%s' "$1" | awk '{ gsub(/[\\"]/, "\\\\&"); print }' ;;
    *) printf '%s' "$1" ;;
  esac
}

# ── showing ──

show() { # AWK: prints the answer as its `view()` lays it out; whatever it gives to `refuse` is the error instead
  shown=$title
  if [ "$colour" = 1 ] && command -v gum >/dev/null 2>&1; then
    shown=$(CLICOLOR_FORCE=1 gum style --bold "$title" 2>/dev/null) || shown=$title
  fi
  view=$(
    flat | TITLE=$shown HOST=$LITELLM_HOST awk -v W="$columns" -v H="$height" -v COLOUR="$colour" "$AWK_LIBRARY $1"
  ) || fail "${view:-its answer cannot be read}"
  printf '%s\n' "$view"
}

flat() { # the answer, its JSON as a line for each value where jq is there; else awk reads it
  if command -v jq >/dev/null 2>&1; then
    printf '%s\n' "$answer" | jq -rR "$JQ_FLAT" 2>/dev/null
  else
    printf '%s\n' "$answer"
  fi
}

# What no widget shows is left out: most of a request, those in flight, and the courses of charts.
JQ_FLAT='((fromjson? | if type == "object" and (.records | type) == "array" then {records: [.records[] |
    {id, at, asked, provider, status, total_s, error, message, cached}]}
  else del(.running?, .host.gpus?, .series[:-13]?, .providers[]?.trend?, .providers[]?.targets?) end
  | tostream | select(length == 2) | "\(.[0] | map(tostring) | join("\u001c"))\t\(.[1] | tojson)") // .)'

# `V[number of the answer, name, …]` are the values that are there (what is null is not), `code` and `took` what HTTP
# said, `RAW` the lines of what is no JSON. A widget has a `view()`, which calls `out` for each line, or `refuse`.
# shellcheck disable=SC2016 # it is awk's text
AWK_LIBRARY='
BEGIN { doc = 1; REST = "[\200-\277]" }
/^\036/ {
  split($0, said, " "); code[doc] = said[2] + 0; took[doc] = said[3] + 0
  if (text != "") read(text)
  text = ""; doc++; next
}
text == "" && (tab = index($0, "\t")) { put(doc SUBSEP substr($0, 1, tab - 1), substr($0, tab + 1)); next }
text != "" || /^ *[[{]/ { text = text $0; next }
$0 != "" { RAW[doc, ++raws[doc]] = $0 }
END { if (doc == 1) refuse("its answer cannot be read"); view(); flush() }

function put(path, word) {
  if (word == "null" || word == "[]" || word == "{}") return
  if (word ~ /^"/) {
    word = substr(word, 2, length(word) - 2)
    gsub(/\\\\/, "\001", word); gsub(/\\"/, "\002", word)
    word = decoded(word)
  }
  V[path] = word
}

# JSON: what stands between quotes is a name or a text, everything else is a mark or a word. \001 and \002 stand for an
# escaped backslash and quote; neither can be in JSON as it is.
function read(json,   part, n, i) {
  gsub(/\\\\/, "\001", json); gsub(/\\"/, "\002", json)
  depth = 0; prefix[0] = doc; kind[0] = ""; naming = 0
  n = split(json, part, "\"")
  for (i = 1; i <= n; i++) {
    if (i % 2) marks(part[i])
    else if (naming) name[depth] = decoded(part[i])
    else V[here()] = decoded(part[i])
  }
}
function marks(piece,   word, mark) {
  while (match(piece, /[][{}:,]/)) {
    word = substr(piece, 1, RSTART - 1); mark = substr(piece, RSTART, 1); piece = substr(piece, RSTART + 1)
    spoken(word)
    if (mark == "{" || mark == "[") {
      word = here(); prefix[++depth] = word; kind[depth] = mark; place[depth] = 0; naming = mark == "{"
    } else if (mark == "}" || mark == "]") { if (depth) depth--; naming = 0 }
    else if (mark == ":") naming = 0
    else if (kind[depth] == "[") place[depth]++
    else naming = 1
  }
  spoken(piece)
}
function spoken(word) { gsub(/[ \t\r]/, "", word); if (word != "" && word != "null") V[here()] = word }
function here() {
  if (!depth) return prefix[0]
  return prefix[depth] SUBSEP (kind[depth] == "[" ? place[depth] : name[depth])
}

# A text as a terminal may be shown it: nothing in it moves the cursor, turns the direction or has no width.
function decoded(word) {
  if (index(word, "\\")) {
    gsub(/\\[nrtbf]/, " ", word); gsub(/\\\//, "/", word)
    while (match(word, /\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]/))
      word = substr(word, 1, RSTART - 1) utf8(hex(substr(word, RSTART + 2, 4))) substr(word, RSTART + 6)
  }
  gsub(/[\003-\037\177]/, "", word); gsub(/\001/, "\\", word); gsub(/\002/, "\"", word)
  return harmless(word)
}
function harmless(word) {
  gsub(/[\001-\037\177]/, "", word)
  if (word ~ /[\302\342]/) {
    gsub("\302[\200-\237]", "", word)
    gsub("\342\200[\213-\217\252-\256]", "", word); gsub("\342\201[\240-\257]", "", word)
  }
  return word
}
function hex(digits,   i, value) {
  digits = tolower(digits)
  for (i = 1; i <= length(digits); i++) value = 16 * value + index("0123456789abcdef", substr(digits, i, 1)) - 1
  return value
}
function utf8(n) {
  if (n < 32) return ""
  if (n < 128) return sprintf("%c", n)
  if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
  if (n >= 55296 && n < 57344) return n < 56320 ? "?" : "" # a pair beyond what most terminals can draw
  return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
}

function known(path) { return path in V }
function refuse(why) { refused = 1; print why; exit 1 }
function allowed(number) {
  if (code[number] == 401 || code[number] == 403)
    refuse("the gateway at " ENVIRON["HOST"] " wants another key (LITELLM_API_KEY, with the scope admin)")
  if (code[number] != 200)
    refuse("the gateway at " ENVIRON["HOST"] " answers HTTP " code[number] ": is it an ai-dashboard?")
}

# Lines: as many as fit, as long as fits. A cell of one or two lines has no room for a title.
function out(line) { lines[++count] = line }
function flush(   room, i) {
  if (refused) return
  room = H < 1 ? count : H > 2 ? H - 1 : H
  if (H < 1 || H > 2) print fitted(ENVIRON["TITLE"])
  for (i = 1; i <= count && i <= room; i++)
    print (i == room && count > room && room > 1 ? cut("… " (count - room + 1) " more", W) : fitted(lines[i]))
}
function fitted(line) { return chars(plain(line)) > W ? cut(plain(line), W) : line }
function plain(line) { gsub(/\033\[[0-9;]*m/, "", line); return line }
function chars(line) { gsub(REST, "", line); return length(line) }
function cut(line, width,   i, n) {
  if (chars(line) <= width) return line
  for (i = 1; i <= length(line); i++)
    if (substr(line, i, 1) !~ REST && ++n == width) return substr(line, 1, i - 1) (width > 1 ? "…" : "")
}
function left(word, width,   n) { for (n = chars(word); n < width; n++) word = word " "; return word }
function right(word, width,   n) { for (n = chars(word); n < width; n++) word = " " word; return word }
function paint(hue, word) { return COLOUR == 1 ? "\033[" HUES[hue] "m" word "\033[0m" : word }
BEGIN { HUES["good"] = 32; HUES["doubt"] = 33; HUES["bad"] = 31; HUES["off"] = 2; HUES["head"] = 1 }

function least(a, b) { return a < b ? a : b }
function most(a, b) { return a > b ? a : b }
function percent(share) {
  if (share == "") return "–"
  return sprintf(share + 0 > 0 && share + 0 < 0.1 ? "%.1f %%" : "%.0f %%", 100 * share)
}
function time(seconds) {
  if (seconds == "") return "–"
  seconds += 0
  if (seconds < 0.01) return sprintf("%.1f ms", 1000 * seconds)
  if (seconds < 0.9995) return sprintf("%.0f ms", 1000 * seconds)
  return seconds < 60 ? sprintf("%.1f s", seconds) : age(seconds)
}
function age(seconds,   minutes, hours) {
  seconds += 0; minutes = int(seconds / 60); hours = int(minutes / 60)
  if (minutes < 1) return sprintf("%d s", seconds)
  if (hours < 1) return minutes " min"
  return hours < 24 ? hours " h " minutes % 60 " min" : int(hours / 24) " d " hours % 24 " h"
}
function size(bytes) {
  if (bytes == "") return "–"
  bytes += 0
  if (bytes < 1048576) return sprintf("%.1f KiB", bytes / 1024)
  return bytes < 1073741824 ? sprintf("%.1f MiB", bytes / 1048576) : sprintf("%.1f GiB", bytes / 1073741824)
}
function grouped(n,   text) {
  text = sprintf("%.0f", n)
  while (match(text, /[0-9][0-9][0-9][0-9]($|,)/)) text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
  return text
}
# Unix time as the clock on the wall shows it; ENVIRON["ZONE"] is what `date +%z` says.
function moment(at,   days, second, era, year, month, day, shift) {
  shift = ENVIRON["ZONE"]
  at += (substr(shift, 1, 1) == "-" ? -1 : 1) * (60 * substr(shift, 2, 2) + substr(shift, 4, 2)) * 60
  days = int(at / 86400); second = int(at) % 86400
  days += 719468; era = int(days / 146097); days -= era * 146097
  year = int((days - int(days / 1460) + int(days / 36524) - int(days / 146096)) / 365)
  days -= 365 * year + int(year / 4) - int(year / 100); month = int((5 * days + 2) / 153)
  day = days - int((153 * month + 2) / 5) + 1; month += month < 10 ? 3 : -9; year += 400 * era + (month < 3)
  return sprintf("%04d-%02d-%02d %02d:%02d:%02d", year, month, day, second / 3600, second / 60 % 60, second % 60)
}

# A provider in a word, a mark and a hue.
function standing(health, wish) { return wish != "" ? wish : health }
function mark(health) {
  if (health == "active") return paint("good", "●")
  if (health == "degraded") return paint("doubt", "◐")
  if (health == "checking") return paint("doubt", "…")
  return health == "draining" || health == "drained" || health == "disabled" ? paint("off", "–") : paint("bad", "○")
}
function answers(health) {
  if (health == "active" || health == "degraded") return "UP"
  if (health == "checking") return "…"
  return health == "draining" || health == "drained" || health == "disabled" ? "OFF" : "DOWN"
}
'
