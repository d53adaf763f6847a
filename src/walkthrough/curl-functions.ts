/** What every exported script begins with, in bash 3.2 or later: macOS has that. */
export const CURL_FUNCTIONS = `URL=\${URL:-http://127.0.0.1:8141}
RUN=$(date +%s)-$$
# A character may take several bytes.
case $(locale charmap 2>/dev/null || true) in UTF-8) ;; *) export LC_ALL=C.UTF-8 ;; esac
nl=$'\\n'

say() { printf '%s\\n' "$1"; }
lines() { printf '%s%s\\n' "$1" "\${2//$nl/$nl$1}"; }
failed() { printf '✗ %s\\n' "$1" >&2; exit 1; }
unable() { printf '✗ %s\\n' "$1" >&2; exit 2; }
differs() {
  { printf '✗ %s\\n  expected:\\n' "$1"; lines '    ' "$2"; printf '  seen:\\n'; lines '    ' "$3"; } >&2
  exit 1
}

# Sends a request; its answer is in status and body.
request() {
  local answer
  answer=$(curl -sS --max-time 30 -w '%{http_code}' "$@") || failed 'the request failed'
  status=\${answer: -3}
  body=\${answer%???}
}

# A request of the operator.
admin() { request -H "Authorization: Bearer $ADMIN_TOKEN" "$@"; }

# Ends the script where the status is none of these.
answered() {
  local one
  for one in "$@"; do [ "$status" != "$one" ] || return 0; done
  differs 'the answer has another status' "$*" "$status $body"
}

# A request with a callback; CALLBACK_TOKEN is shown where there is one.
aggregator() {
  local path=$1
  shift
  if [ -n "\${CALLBACK_TOKEN:-}" ]; then set -- -H "Authorization: Bearer $CALLBACK_TOKEN" "$@"; fi
  request "$@" "\${URL%/}/ussd/africastalking$path"
}

# Sends a callback; the screen is in state and text.
callback() {
  aggregator '' "$@"
  case $status$body in
    '200CON '*) state=waiting text=\${body#CON } ;;
    '200END '*) state=ended text=\${body#END } ;;
    *) state=broken text="$status $body" ;;
  esac
  lines '| ' "$text"
}

# Whether the text is as it is to be.
matches() {
  case $1 in
    whole) [ "$text" = "$2" ] ;;
    contains) case $text in *"$2"*) ;; *) return 1 ;; esac ;;
    ere) [[ $text =~ $2 ]] ;;
    pcre)
      local found=0
      printf '%s' "$text" | grep -Pzq -- "$2" 2>/dev/null || found=$?
      [ "$found" -lt 2 ] || unable 'this regular expression cannot be tried: it needs grep -P, or has no form there'
      [ "$found" = 0 ]
      ;;
  esac
}

# The state, and the text as whole, contains, ere or pcre.
screen() {
  [ "$state" != broken ] || differs 'the application did not answer as agreed' "$3" "$text"
  matches "$2" "$3" || differs 'the screen differs' "$3" "$text"
  [ "$state" = "$1" ] || differs 'the screen is as it was to be, the dialogue is not' "$1" "$state"
}
answer() { [ "$state" != broken ] || differs 'the application did not answer as agreed' 'CON or END' "$text"; }
failure() { [ "$state" = broken ] || differs 'the dialogue was to break off' 'no answer' "$text"; }
waits() { [ "$1" = waiting ] || failed 'nothing waits for an answer: there is no dialogue'; }
idle() { [ "$1" != waiting ] || failed 'the phone is in a dialogue: hang up before it dials'; }
holds() { case $body in *"$1"*) ;; *) differs 'the record differs' "$1" "$body" ;; esac; }

# The token that a log-in was answered with.
token_in() { if [[ $1 =~ \\"token\\":\\"([A-Za-z0-9_-]+)\\" ]]; then printf '%s' "\${BASH_REMATCH[1]}"; fi; }`
