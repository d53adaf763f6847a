/** Carrier profiles: a table of limits, and the syntax that overrides them. */
import { z } from 'zod'
import { malformed } from '../dialects/dialect.ts'
import { durationMs, pairsOf } from './option-syntax.ts'
import type { ParsedOption } from './option-syntax.ts'

/** MAP's own limit of a dialogue: the timer of ProcessUnstructuredSS-Request (3GPP TS 29.002, 17.6.4). */
const limitMs = z.int().min(1).max(600_000)

const Profile = z.strictObject({
  /** The timeout of an answer; if undefined, that of the dialect's aggregator. */
  answerTimeoutMs: limitMs.optional(),
  /** The timeout of a reply from the subscriber. */
  idleMs: limitMs,
  /** The maximum duration of a dialogue. */
  dialogueMs: limitMs,
  screen: z.strictObject({
    /** The maximum length. In any unit, one USSD message takes at most 160 octets (3GPP TS 29.002, 17.7.4). */
    max: z.int().min(40).max(1000),
    unit: z.enum(['octets', 'characters']),
    /** The treatment of a longer screen. `paginate` splits it into pages, with `98:More` and `00:Back`. */
    longer: z.enum(['cut', 'fail', 'paginate']),
  }),
  input: z.strictObject({
    /** The maximum input in characters; one message holds 182 Latin letters. */
    max: z.int().min(1).max(182),
  }),
  /** The phone's text when the network returns no answer. */
  failureText: z.string().min(1).max(182),
  /** If true, the application is notified of the end of a dialogue, in dialects that support it. */
  notifiesEnd: z.boolean(),
})
export type Profile = Readonly<z.output<typeof Profile>>

/**
 * The limits of the standards. Aggregators allow a dialogue 180 s. The idle time is as long, because typing with `curl` is slow.
 * The failure text is that of Android, which differs by phone and language.
 */
const standard: Profile = {
  idleMs: 180_000,
  dialogueMs: 180_000,
  screen: { max: 160, unit: 'octets', longer: 'fail' },
  input: { max: 182 },
  failureText: 'Connection problem or invalid MMI code.',
  notifiesEnd: true,
}

/** Values without a source are marked "unconfirmed". No carrier publishes its failure text. */
const table = {
  default: standard,
  /** Kenya. Source: Africa's Talking help centre, 1284071 (times) and 1284096 (lengths, pages). */
  safaricom: {
    ...standard,
    idleMs: 30_000,
    screen: { max: 160, unit: 'characters', longer: 'paginate' },
    input: { max: 80 },
  },
  /** Kenya. Same source. 184 characters exceed one message, whose limit applies then. */
  airtel: {
    ...standard,
    answerTimeoutMs: 15_000,
    idleMs: 60_000,
    screen: { max: 184, unit: 'characters', longer: 'paginate' },
    input: { max: 90 },
  },
  /** The timeout of 30 s is that of vumi's transport for MTN Rwanda. Unconfirmed: all other values; lengths are of one message. */
  mtn: {
    ...standard,
    answerTimeoutMs: 30_000,
    idleMs: 60_000,
    screen: { ...standard.screen, longer: 'cut' },
  },
  /**
   * A1 in Belarus publishes no values, so all are unconfirmed. 60 s is MAP's minimum for a reply (timer `ml`, 3GPP TS 29.002,
   * 17.6.4). The text is that of Android in Russian.
   */
  a1: { ...standard, idleMs: 60_000, failureText: 'Неполадки подключения или неверный код MMI.' },
} satisfies Record<string, Profile>

export type ProfileName = keyof typeof table

/** All carrier profiles, by name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = table

const isProfileName = (name: string): name is ProfileName => Object.hasOwn(profiles, name)

/**
 * Parses a profile: a name and optional overrides, such as `safaricom` or
 * `a1,answer=5s,idle=20s,dialogue=120s,screen=182,unit=characters,longer=cut,input=80,ends=off`.
 */
export function parseProfile(option: string): ParsedOption<Profile> {
  const [[name, value] = ['', ''], ...overrides] = pairsOf(option)
  if (!isProfileName(name) || value !== '')
    return malformed(`Unknown profile. Choose one of: ${Object.keys(profiles).join(', ')}.`)
  const profile = profiles[name]
  const screen: Record<string, unknown> = { ...profile.screen }
  const fields: Record<string, unknown> = { ...profile, screen }
  for (const [key, text] of overrides) {
    switch (key) {
      case 'answer':
      case 'idle':
      case 'dialogue':
        fields[key === 'answer' ? 'answerTimeoutMs' : `${key}Ms`] = durationMs(text)
        break
      case 'screen':
        screen['max'] = wholeNumber(text)
        break
      case 'unit':
      case 'longer':
        screen[key] = text
        break
      case 'input':
        fields['input'] = { max: wholeNumber(text) }
        break
      case 'ends':
        fields['notifiesEnd'] = text === 'on' ? true : text === 'off' ? false : text
        break
      default:
        return malformed(`A profile accepts only ${keys}.`)
    }
  }
  const parsed = Profile.safeParse(fields)
  if (parsed.success) return { kind: 'ok', value: parsed.data }
  return malformed(
    'A value of the profile is out of range: times are 1ms to 600s, screen is 40 to 1000, input is 1 to 182.',
  )
}

const keys = 'answer, idle, dialogue, screen, unit, longer, input and ends'
const wholeNumber = (text: string) => (/^\d{1,4}$/.test(text) ? Number(text) : Number.NaN)
