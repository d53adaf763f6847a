/** What a carrier allows on its network, as data: a table that is checked once, and a spelling to change a figure of it. */
import { z } from 'zod'
import { durationMs, invalidOption, pairsOf } from './option-syntax.ts'
import type { ParsedOption } from './option-syntax.ts'

/** The longest that MAP itself leaves a dialogue open: the timer of ProcessUnstructuredSS-Request, 3GPP TS 29.002 17.6.4. */
const limitMs = z.int().min(1).max(600_000)

const Profile = z.strictObject({
  /** How long the network waits for the application; undefined: as long as the dialect's aggregator does. */
  answerWithinMs: limitMs.optional(),
  /** How long a screen waits for the subscriber. */
  idleMs: limitMs,
  /** How long a dialogue lasts from its begin. */
  dialogueMs: limitMs,
  screen: z.strictObject({
    /** The longest screen. Whatever a carrier counts, one USSD message takes 160 octets (3GPP TS 29.002 17.7.4). */
    most: z.int().min(40).max(1000),
    unit: z.enum(['octets', 'characters']),
    /** What becomes of a longer one: `paginate` shows it in parts, with `98:More` and `00:Back`. */
    longer: z.enum(['cut', 'fail', 'paginate']),
  }),
  input: z.strictObject({
    /** Characters in the longest input; 182 are one message of Latin letters. */
    most: z.int().min(1).max(182),
  }),
  /** What a phone shows when the network has no answer for it. */
  failureText: z.string().min(1).max(182),
  /** Whether the application is told that a dialogue is over, where its dialect has a word for that. */
  tellsEnd: z.boolean(),
})
export type Profile = Readonly<z.output<typeof Profile>>

/** Android's text; phones differ, and so do their languages. */
const android = 'Connection problem or invalid MMI code.'
const oneMessage = { most: 160, unit: 'octets', longer: 'fail' } as const

/**
 * Figures without a source are marked "unconfirmed": they are guesses to be overruled. No carrier of the table publishes the
 * text of a failure.
 */
const table = {
  /**
   * What the standards leave and no carrier narrows. 180 s is what aggregators allow a dialogue; it has no idle time below
   * that, so that somebody who types with `curl` can think.
   */
  default: {
    idleMs: 180_000,
    dialogueMs: 180_000,
    screen: oneMessage,
    input: { most: 182 },
    failureText: android,
    tellsEnd: true,
  },
  /** Africa's Talking, help centre 1284071 (times), 1284096 (lengths, pages), for Kenya. */
  safaricom: {
    idleMs: 30_000,
    dialogueMs: 180_000,
    screen: { most: 160, unit: 'characters', longer: 'paginate' },
    input: { most: 80 },
    failureText: android,
    tellsEnd: true,
  },
  /** The same articles, for Kenya; 184 characters are more than one message takes, which then decides. */
  airtel: {
    answerWithinMs: 15_000,
    idleMs: 60_000,
    dialogueMs: 180_000,
    screen: { most: 184, unit: 'characters', longer: 'paginate' },
    input: { most: 90 },
    failureText: android,
    tellsEnd: true,
  },
  /** 30 s is what vumi's transport for MTN Rwanda waits. Unconfirmed: all else; the lengths are those of one message. */
  mtn: {
    answerWithinMs: 30_000,
    idleMs: 60_000,
    dialogueMs: 180_000,
    screen: { ...oneMessage, longer: 'cut' },
    input: { most: 182 },
    failureText: android,
    tellsEnd: true,
  },
  /**
   * A1 in Belarus publishes no figure, so all is unconfirmed: 60 s is the least that MAP gives a subscriber (its timer `ml`,
   * 3GPP TS 29.002 17.6.4); the text is Android's in Russian.
   */
  a1: {
    idleMs: 60_000,
    dialogueMs: 180_000,
    screen: oneMessage,
    input: { most: 182 },
    failureText: 'Неполадки подключения или неверный код MMI.',
    tellsEnd: true,
  },
} satisfies Record<string, Profile>

export type ProfileName = keyof typeof table

/** Every carrier profile, by its name. */
export const profiles: Readonly<Record<ProfileName, Profile>> = z
  .record(z.string(), Profile)
  .parse(table) as Record<ProfileName, Profile>

const isProfileName = (name: string): name is ProfileName => Object.hasOwn(profiles, name)

/**
 * A profile as it is spelt: a name, and figures that overrule its own: `safaricom`, or
 * `a1,answer=5s,idle=20s,dialogue=120s,screen=182,unit=characters,longer=cut,input=80,ends=off`.
 */
export function parseProfile(spelt: string): ParsedOption<Profile> {
  const [[name, value] = ['', ''], ...changes] = pairsOf(spelt)
  if (!isProfileName(name) || value !== '')
    return invalidOption(`There is no such profile; there are: ${Object.keys(profiles).join(', ')}.`)
  const profile = profiles[name]
  const { screen, input } = profile
  const changed: Record<string, unknown> = { ...profile, screen: { ...screen }, input: { ...input } }
  const onScreen = changed['screen'] as Record<string, unknown>
  for (const [figure, to] of changes) {
    switch (figure) {
      case 'answer':
      case 'idle':
      case 'dialogue':
        changed[figure === 'answer' ? 'answerWithinMs' : `${figure}Ms`] = durationMs(to)
        break
      case 'screen':
        onScreen['most'] = wholeNumber(to)
        break
      case 'unit':
      case 'longer':
        onScreen[figure] = to
        break
      case 'input':
        changed['input'] = { most: wholeNumber(to) }
        break
      case 'ends':
        changed['tellsEnd'] = to === 'on' ? true : to === 'off' ? false : to
        break
      default:
        return invalidOption(`A profile has ${figures}, and nothing else.`)
    }
  }
  const parsed = Profile.safeParse(changed)
  if (parsed.success) return { kind: 'ok', value: parsed.data }
  return invalidOption(
    'A figure of the profile is out of its range: times are 1ms to 600s, a screen 40 to 1000, an input 1 to 182.',
  )
}

const figures = 'answer, idle, dialogue, screen, unit, longer, input and ends'
const wholeNumber = (spelt: string) => (/^\d{1,4}$/.test(spelt) ? Number(spelt) : Number.NaN)
