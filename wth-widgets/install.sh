#!/usr/bin/env bash
# Installs the widgets for this user, with WTH's configuration and an alias, or takes exactly that away again.
#
# What was done is written down in `.installed` beside the widgets, a line each: `file`, `folder`, `config` or `alias`,
# and its path. --uninstall goes by it: what is not on it, or was changed since, stays.
# It keeps to POSIX sh.
set -eu

usage() {
  cat <<'EOT'
usage: install.sh [--uninstall]

Copies the widgets to WTH_WIDGET_DIR (~/.local/share/wth-widgets), writes WTH's configuration where there is none yet,
and adds an alias that starts it. --uninstall undoes that.

  WTH_WIDGET_DIR      where the widgets go                  (default: ~/.local/share/wth-widgets)
  WTH_COMMAND_MODULE  WTH's command module, command.so      (default: looked for where WTH is)
  WTH_ALIAS_NAME      what the alias is called              (default: wth-lite)
  WTH_ALIAS_FILE      the shell's file that it is put into  (default: ~/.zshrc or ~/.bashrc, by $SHELL)

example: WTH_COMMAND_MODULE=/opt/wth/modules/command/command.so install.sh
EOT
}

say() { printf '%s\n' "$1"; }
stop() { printf 'install.sh: %s\n' "$1" >&2 && exit 1; }

: "${HOME:?install.sh: HOME is not set}"
case $0 in */*) source=${0%/*} ;; *) source=. ;; esac
to=${WTH_WIDGET_DIR:-$HOME/.local/share/wth-widgets}
case $to in /*) ;; *) to=$PWD/$to ;; esac
to=${to%/}
list=$to/.installed ours=$to/litellm/config/wth.yaml
name=${WTH_ALIAS_NAME:-wth-lite}
case ${SHELL:-} in */zsh) shell_file=$HOME/.zshrc ;; *) shell_file=$HOME/.bashrc ;; esac
shell_file=${WTH_ALIAS_FILE:-$shell_file}
BEGIN='# >>> ai-dashboard widgets >>>' END='# <<< ai-dashboard widgets <<<'

main() {
  case ${1:-} in
    '') install ;;
    --uninstall) uninstall ;;
    -h | --help) usage ;;
    *) printf 'install.sh: there is no option %s\n\n' "$1" >&2 && usage >&2 && exit 2 ;;
  esac
}

# ── there ──

install() {
  # These words are put between quotes in two files, one inside the other.
  case $to$(module) in *[\'\"\\]* | *'
'*) stop "a path with quotes or backslashes in it cannot be used: $to" ;; esac
  case $name in '' | *[!A-Za-z0-9_-]*) stop "$name cannot be the name of an alias" ;; esac
  folder "$to" && folder "$to/litellm" && folder "$to/litellm/bin" && folder "$to/litellm/config"
  for path in "$source"/litellm/bin/*.sh; do copy "$path" "litellm/bin/${path##*/}"; done
  copy "$source/litellm/config/tmux.conf" litellm/config/tmux.conf
  rendered >"$to/litellm/config/.wth.yaml"
  say "the widgets are in $to"
  [ -e "$(module)" ] || say "WTH's command module is not at $(module): set WTH_COMMAND_MODULE and run this again"
  write_config
  mv "$to/litellm/config/.wth.yaml" "$ours" && noted file "$ours"
  write_alias
}

folder() { # NAME: with those above it, each of which is noted
  missing='' path=$1
  while [ ! -d "$path" ]; do missing="folder $path
$missing" path=${path%/*}; done
  mkdir -p "$1"
  printf '%s' "$missing" >>"$list"
}
copy() { cp -p "$1" "$to/$2" && noted file "$to/$2"; }
noted() { grep -qxF "$1 $2" "$list" 2>/dev/null || printf '%s %s\n' "$1" "$2" >>"$list"; }

module() {
  if [ -n "${WTH_COMMAND_MODULE:-}" ]; then printf '%s' "$WTH_COMMAND_MODULE" && return; fi
  program=$(command -v wth) || program=
  for path in "${program%/*}/modules/command/command.so" "$HOME/.config/wth/modules/command.so" \
    "$HOME/.local/lib/wth/command.so" /usr/local/lib/wth/command.so /usr/lib/wth/command.so; do
    if [ -e "$path" ]; then printf '%s' "$path" && return; fi
  done
  printf '%s' "$HOME/.local/lib/wth/command.so"
}

rendered() {
  WIDGETS=$to MODULE=$(module) awk '
    function put(line, mark, value,   at) {
      while (at = index(line, mark)) line = substr(line, 1, at - 1) value substr(line, at + length(mark))
      return line
    }
    !/^#/ { $0 = put(put($0, "@WIDGETS@", ENVIRON["WIDGETS"]), "@MODULE@", ENVIRON["MODULE"]) }
    { print }' "$source/litellm/config/wth.yaml"
}

write_config() { # WTH reads the first of these that is there
  for config in /etc/wth.yaml "${XDG_CONFIG_HOME:-$HOME/.config}/wth.yaml" "$HOME/.config/wth.yaml" "$HOME/wth.yaml"; do
    if [ ! -e "$config" ]; then continue; fi
    if grep -qxF "config $config" "$list" && cmp -s "$config" "$ours"; then
      rendered >"$config" && say "$config is up to date" && return
    fi
    say "WTH reads $config, which is left as it is: take modules and rows over from $ours"
    start="XDG_CONFIG_HOME='$to/litellm/config' wth" # the alias shows the widgets without that
    return
  done
  config=${XDG_CONFIG_HOME:-$HOME/.config}/wth.yaml
  folder "${config%/*}"
  rendered >"$config" && noted config "$config"
  say "WTH's configuration is $config"
}

write_alias() {
  if [ -e "$shell_file" ] && grep -qF "$BEGIN" "$shell_file"; then return; fi
  if [ -e "$shell_file" ] && grep -q "^[[:space:]]*alias $name=" "$shell_file"; then
    say "$shell_file has an alias $name already: it is left as it is" && return
  fi
  kind='alias'
  if [ ! -e "$shell_file" ]; then kind=new-alias; fi
  if [ -s "$shell_file" ] && [ -n "$(tail -c 1 "$shell_file")" ]; then kind=joined-alias && echo >>"$shell_file"; fi
  printf '%s\nalias %s="%s"\n%s\n' "$BEGIN" "$name" "${start:-wth}" "$END" >>"$shell_file"
  noted "$kind" "$shell_file"
  say "$name starts it in a new shell (alias in $shell_file)"
}

# ── and gone ──

uninstall() {
  if [ ! -e "$list" ]; then stop "nothing is installed in $to (WTH_WIDGET_DIR says where else to look)"; fi
  # Configurations first: whether one was changed is told by the copy beside the widgets.
  while read -r kind path; do
    case $kind in
      config) remove_config "$path" ;;
      *alias) remove_alias "$kind" "$path" ;;
    esac
  done <"$list"
  while read -r kind path; do if [ "$kind" = file ]; then rm -f -- "$path"; fi; done <"$list"
  folders=$(awk '$1 == "folder" { sub(/^folder /, ""); path[++n] = $0 } END { for (; n; n--) print path[n] }' "$list")
  rm -f -- "$list" "$to/wth.log"
  printf '%s\n' "$folders" | while IFS= read -r path; do
    if [ -n "$path" ] && ! rmdir -- "$path" 2>/dev/null && [ -d "$path" ]; then say "$path is not empty: it stays"; fi
  done
  say "the widgets are gone"
}

remove_config() {
  if [ ! -e "$1" ]; then return; fi
  if cmp -s "$1" "$ours"; then rm -f -- "$1"; else say "$1 was changed since: it stays"; fi
}

remove_alias() { # exactly the lines between the marks, and the end of line that had to be put before them
  if [ ! -e "$2" ]; then return; fi
  KIND=$1 BEGIN=$BEGIN END=$END awk '
    $0 == ENVIRON["BEGIN"] { inside = 1; at_end = 1; next }
    $0 == ENVIRON["END"] && inside { inside = 0; next }
    !inside { if (n++) printf "\n"; printf "%s", $0; if (at_end == 1) at_end = 2 }
    END { if (n && !(ENVIRON["KIND"] == "joined-alias" && at_end == 1)) printf "\n" }' "$2" >"$to/.shell-file"
  cat "$to/.shell-file" >"$2" && rm -f -- "$to/.shell-file" # through a link, as dotfiles often are
  if [ "$1" = new-alias ] && [ ! -s "$2" ]; then rm -f -- "$2"; fi
}

main "$@"
