import { errorMessages } from '../../src/engine/errors.ts'
import type { ErrorCode } from '../../src/engine/errors.ts'
import { page } from './markdown.ts'

/** The action to take for each code. A missing one does not compile. */
const actions: Readonly<Record<ErrorCode, string>> = {
  USSD_BAD_REQUEST: 'Correct the field that the message names. `/openapi.json` has the schema.',
  USSD_UNAUTHORISED: 'Send `Authorization: Bearer …`. For `/subscribers`, set `ADMIN_TOKEN`.',
  USSD_REFUSED:
    'Routes below `/self-care` give no reason, so that nothing leaks. For `/handsets`, call from this machine or send the admin token.',
  USSD_NOT_FOUND: 'Check the path, and whether the number is registered.',
  USSD_METHOD_NOT_ALLOWED: 'Use a method from the `Allow` header.',
  USSD_TOO_LARGE: 'Keep callbacks within 8 kB, JSON bodies within 4 kB, and phone input within 2 kB.',
  USSD_THROTTLED: 'Wait for the time in `Retry-After`. A new password resets the counter.',
  USSD_CONFLICT:
    'Retry the request. If it recurs, look in the log for many concurrent callbacks of one number.',
  USSD_BUSY: 'Retry later. If it recurs, watch `ussd_turns_in_flight` and `ussd_hashes`, and add processes.',
  USSD_STORE_UNAVAILABLE:
    'Check Redis. The detail names the cause: `ECONNREFUSED`, `timeout`, `closed`, `LOADING`, `BUSY` or another word of Redis.',
  USSD_STORE_CIRCUIT_OPEN:
    'Check Redis. The circuit closes as soon as a probe succeeds; probes run four times a second.',
  USSD_STORE_REFUSED:
    'Nothing was written. The detail is the error of Redis: `OOM` (memory), `READONLY` (replica), `MISCONF` (disk), `NOREPLICAS`.',
  USSD_TURN_TIMED_OUT: 'Redis or hashing is slow. Check `ussd_turn_seconds` and `ussd_hashes`.',
  USSD_KEY_UNKNOWN:
    'Nothing was compared or counted. Add the key whose id the detail names to `SECRETS_KEYS_RETIRED`.',
  USSD_RECORD_CORRUPT:
    'Another program writes under the keys of the gateway, or an old version reads the data of a newer one.',
  USSD_MENU_FAULTY: 'Fix the menu that the detail names. `npm run lint` finds most such mistakes.',
  USSD_SERVICE_FAILED: 'Fix the effect that the detail names.',
  USSD_MISCONFIGURED: 'Correct every listed setting, then start the process again.',
  USSD_UNEXPECTED: 'This is a defect of the gateway. Report it with the stack from the log.',
}

export function errorsPage(): string {
  const sections = Object.entries(errorMessages).flatMap(([name, { status, message }]) => [
    `### ${name}`,
    `- **Status**: ${status}\n- **Message**: ${message}\n- **Action**: ${actions[name as ErrorCode]}`,
  ])
  return page(
    '# Errors',
    'Expected outcomes, such as a wrong PUK1 or an unknown code, are screens and not errors.',
    '## Where errors appear',
    `- **JSON routes** return the status below and \`{"error": {"code": "USSD_…", "message": "…"}}\`. A 503 carries \`Retry-After\`.
- **Callbacks** always get an answer in the dialect. A fault of the gateway ends the dialogue with status 200. A rejected callback gets 400, 401, 403, 405 or 413.
- **The log** has the code in \`fault\` and the message in \`detail\`. Neither quotes subscriber input.
- **Metrics** count \`ussd_faults_total{code="…"}\`.`,
    '## Codes',
    ...sections,
  )
}
