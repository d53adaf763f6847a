#!/bin/sh
# A phone of a running gateway, in POSIX sh and curl. See --help.
#
# Input and tokens never become an argument or an environment variable of a program, because `ps` shows both. They go through
# here-documents: in some shells, `printf` is a program. curl reads its configuration from standard input.

# A variable that came from the environment stays exported when the script assigns to it.
unset asked before body code cr header host input lf number path prompt response saved separator shown state status terminal \
  token typed url
set -u +a

show_help() {
  cat <<'END'
Usage: scripts/dial.sh [code [msisdn]]

A phone of a running gateway, with curl: dials a code, prints the screens, and
sends the lines of standard input.

  code    the code to dial, in quotes; - or none: read codes from the input
  msisdn  the phone's number (default: +375291234567)

With a code, the command ends with the dialogue. Without one, it then reads the
next code. An empty line in a dialogue is an empty reply. In place of a code, it
quits in a terminal and is skipped in a pipe.

Terminal: each line has a prompt. What you type is hidden if the screen asks for
a secret. Ctrl-C hangs up and exits with 130, Ctrl-D hangs up and quits.
Pipe: a blank line separates the screens. At the end of the input, a waiting
dialogue is hung up.
A dialogue that waits on the phone at the start is hung up, too.

Environment:
  USSD_URL     address of the gateway (default: http://127.0.0.1:8141)
  ADMIN_TOKEN  admin token, for a gateway on another machine

Exit codes:
  0  the gateway accepted every request
  1  the gateway rejected a request, or does not answer
  2  wrong usage

Examples:
  scripts/dial.sh '*141*0#'
  scripts/dial.sh '*141*3*6#' +375291234563
  printf '80291\n80291\n' | scripts/dial.sh '*141*0#'
  printf '*141*0#\n80291\n80291\n' | scripts/dial.sh - +375291234568
END
}

fail() {
  printf 'dial.sh: %s\n' "$2" >&2
  exit "$1"
}

misuse() {
  fail 2 "$1 See scripts/dial.sh --help."
}

# Percent-encodes all bytes but digits.
encode() {
  printf '%s' "$1" | od -A n -v -t x1 | tr -d ' \n' | tr a-f A-F |
    sed -e 's/../%&/g' -e 's/%3\([0-9]\)/\1/g'
}

# Sends a request with method $1; a POST has $typed as its body. Prints the response with its headers. Waits $2 seconds, 120 by
# default. -q ignores ~/.curlrc.
call() {
  [ "$1" = POST ] || unset typed
  # Makes `name value` a line of a curl configuration: name="value".
  LC_ALL=C sed -e '/^$/d' -e 's/[\\"]/\\&/g' -e 's/ /="/' -e 's/$/"/' <<END |
request $1
url $url/handsets/$path
noproxy ${no_proxy:-${NO_PROXY:-}},localhost,127.0.0.1,::1
header Accept: text/plain
header Content-Type: text/plain; charset=utf-8
${token:+header Authorization: Bearer $token}
${typed+data-raw $typed}
END
    curl -q -s -i --suppress-connect-headers --globoff --max-time "${2-120}" --connect-timeout 10 -K -
}

# Sends a request with method $1. Sets status, body, and two headers: shown (the state of the phone) and asked (the kind of
# input). Exits if the server is not a gateway with phones, or denies access to them.
request() {
  response=$(call "$1") ||
    fail 1 "No gateway answers at $host (curl exit code $?): start one with npm start, or set USSD_URL."
  shown='' asked=''
  {
    read -r _ status _
    while IFS= read -r header; do
      header=${header%"$cr"}
      case $header in
        [Uu]ssd-[Ss]tate:*) shown=${header#*: } ;;
        [Uu]ssd-[Ii]nput:*) asked=${header#*: } ;;
        '') break ;;
      esac
    done
    # A terminal would execute control characters.
    body=$(LC_ALL=C tr -d '\001-\010\013-\037\177')
  } <<END
$response
END
  case $status in
    200) [ -n "$shown" ] || fail 1 "The server at $host is not a gateway: set USSD_URL." ;;
    204 | 400 | 413) ;;
    403) fail 1 "$body Set ADMIN_TOKEN to the admin token of the gateway." ;;
    404) fail 1 "The server at $host has no phones: start the gateway with SIMULATOR=on, or set USSD_URL." ;;
    *) fail 1 "The server at $host answered with status $status: look at the log of the gateway, or set USSD_URL." ;;
  esac
}

# Types $typed on the phone and prints the screen. Returns 1 if the phone rejects it; the reason is in $body.
type_line() {
  before=$state
  # The request may begin a dialogue, which an interrupt must hang up.
  state=waiting
  request POST
  if [ "$status" != 200 ]; then
    state=$before
    return 1
  fi
  state=$shown
  input=$asked
  printf '%s%s\n' "$separator" "$body"
  separator=$lf
}

hang_up() {
  [ "$state" = waiting ] || return 0
  state=ended
  request DELETE
  if $terminal; then printf '\nhung up\n' >&2; fi
}

show_echo() {
  if $terminal; then stty "$saved" <&3; fi
}

# Hangs up and exits with code $1, whatever the gateway answers. Further signals are ignored: they would end curl.
interrupt() {
  trap '' HUP INT PIPE TERM
  show_echo
  if $terminal; then echo >&2; fi
  if [ "$state" = waiting ]; then
    call DELETE 5 >/dev/null
    if $terminal; then echo 'hung up' >&2; fi
  fi
  exit "$1"
}

# Reads a line into $typed. Returns 1 at the end of the input.
read_line() {
  if ! $terminal; then
    # The last line may lack its line feed. Other lines may end in CR LF.
    IFS= read -r typed || [ -n "$typed" ] || return
    typed=${typed%"$cr"}
    return
  fi
  if [ "$state" = waiting ] && [ "$input" = secret ]; then
    stty -echo echonl <&3
    prompt='(hidden) > '
  else
    show_echo
    prompt='☎ '
    [ "$state" != waiting ] || prompt='> '
  fi
  printf '%s' "$prompt" >&2
  IFS= read -r typed
}

case ${1-} in
  -h | --help)
    show_help
    exit
    ;;
  -?*) misuse "Unknown option $1." ;;
esac
[ $# -le 2 ] || misuse 'Expected a code and a number: quote the code.'
code=${1--}
number=${2-+375291234567}
url=${USSD_URL:-http://127.0.0.1:8141}
token=${ADMIN_TOKEN:-}
unset USSD_URL ADMIN_TOKEN
[ -n "$code" ] || misuse 'The code is empty.'
[ -n "$number" ] || misuse 'The number is empty.'
cr=$(printf '\r')
lf='
'
case $code$url$token in
  *"$lf"*) misuse 'The code, USSD_URL and ADMIN_TOKEN must be one line each.' ;;
esac
url=${url%/}
# Without a user name and a password.
host=${url##*@}
path=$(encode "$number")
command -v curl >/dev/null || fail 1 'curl is not installed: install it.'

state=ended input='' separator='' terminal=false
if [ -t 0 ]; then
  # Standard input is another file while a here-document is read.
  exec 3<&0
  saved=$(stty -g)
  terminal=true
fi
trap show_echo EXIT
trap 'interrupt 129' HUP
trap 'interrupt 130' INT
trap 'interrupt 141' PIPE
trap 'interrupt 143' TERM

request GET
[ "$status" = 200 ] || fail 1 "$body"
state=$shown
hang_up

if [ "$code" != - ]; then
  typed=$code
  type_line || fail 1 "$body"
fi
while [ "$state" = waiting ] || [ "$code" = - ]; do
  read_line || break
  if [ "$state" != waiting ]; then
    case $typed in
      *[![:space:]]*) ;;
      *) if $terminal; then break; else continue; fi ;;
    esac
  fi
  if type_line; then continue; fi
  $terminal || {
    reason=$body
    hang_up
    fail 1 "$reason"
  }
  printf '%s\n' "$body" >&2
done
hang_up
