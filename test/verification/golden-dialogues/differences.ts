import type { Menu } from '../../../src/engine/menu.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Argon2 } from '../../../src/services/hashing/hashing.ts'
import type { Dialogue, Recording, SubscriberState, Turn } from './release.ts'
import { createStage, isSame } from './stage.ts'
import type { PlayedTurn, Stage, StoredState } from './stage.ts'

/** The result of comparing one recording with the current menus. */
export interface Comparison {
  readonly dialogues: number
  /** Turns of dialogues replayed from the start. */
  readonly turns: number
  /** Dialogues resumed in the middle: how many continued, and how many ended with the `menuChanged` message. */
  readonly continued: number
  readonly ended: number
  /** One message for each difference: the dialogue, the turn, the recorded and the current state. */
  readonly differences: readonly string[]
}

export interface CompareOptions {
  readonly menus: Readonly<Record<string, Menu>>
  /**
   * `screens`: every screen is unchanged, required of the latest release. `states`: resumed dialogues reach the same states or
   * end with `menuChanged`, required of older releases, whose texts may have changed since.
   */
  readonly compare: 'screens' | 'states'
  readonly argon2?: Argon2
}

/** Compares the current menus with a recording. */
export async function compareWith(recording: Recording, options: CompareOptions): Promise<Comparison> {
  const stage = createStage({ ...options, ...recording })
  const differences: string[] = []
  let [turns, continued, ended] = [0, 0, 0]
  for (const dialogue of recording.dialogues) {
    const whole = fillIn(recording, dialogue)
    const differs = (at: number, how: string, was: string, is: string) =>
      void differences.push(messageOf(recording, dialogue, { at, how, was, is }))
    if (options.compare === 'screens') turns += await compareWhole(stage, dialogue, whole, differs)
    const resumed = await compareResumed(
      stage,
      { recording, dialogue, whole, compare: options.compare },
      differs,
    )
    continued += resumed.continued
    ended += resumed.ended
  }
  return { dialogues: recording.dialogues.length, turns, continued, ended, differences }
}

type Differs = (at: number, how: string, was: string, is: string) => void

async function compareWhole(
  stage: Stage,
  dialogue: Dialogue,
  whole: readonly PlayedTurn[],
  differs: Differs,
): Promise<number> {
  const played = await stage.play(dialogue, typedFrom(dialogue, 1))
  const first = whole.findIndex((then, at) => !hasSameScreen(then, played[at]))
  const [then, now] = [whole[first], played[first]]
  if (then && now) differs(first, 'has a different answer', shown(then), shown(now))
  return played.length
}

/** Resumes a dialogue after each turn that waited, and plays the rest. */
async function compareResumed(
  stage: Stage,
  of: Pick<CompareOptions, 'compare'> & {
    readonly recording: Recording
    readonly dialogue: Dialogue
    readonly whole: readonly PlayedTurn[]
  },
  differs: Differs,
): Promise<{ readonly continued: number; readonly ended: number }> {
  const { recording, dialogue, whole, compare } = of
  let [continued, ended] = [0, 0]
  const menuChanged = systemMessages.menuChanged[recording.language]
  for (const [at, { rests, subscriber }] of whole.entries()) {
    const typed = typedFrom(dialogue, at + 1)
    if (!rests || typed.length === 0) continue
    const played = await stage.resume(dialogue, { turns: at + 1, rests, subscriber }, typed)
    const [next] = played
    if (next?.screen === menuChanged && next.state === 'ended') {
      ended += 1
      continue
    }
    continued += 1
    const isSameTurn = compare === 'screens' ? hasSameScreen : hasSameState
    const first = played.findIndex((now, on) => !isSameTurn(whole[at + 1 + on] as PlayedTurn, now))
    const [then, now] = [whole[at + 1 + first], played[first]]
    const how = `differs when resumed after turn ${at + 1}`
    if (first >= 0 && then && now) differs(at + 1 + first, how, shown(then), shown(now))
  }
  return { continued, ended }
}

const typedFrom = ({ turns }: Dialogue, at: number): readonly string[] =>
  turns.slice(at).map(({ typed }) => typed ?? '')

/** Restores what the recording omits because it did not change. */
function fillIn(
  { menu, revision }: Recording,
  { turns, subscriber: first }: Dialogue,
): readonly PlayedTurn[] {
  let rests: StoredState | null = null
  let subscriber: SubscriberState = first
  return turns.map((turn: Turn) => {
    const state = turn.rests
    if (state === null) rests = null
    else if (state) rests = { menu, revision, state: state as StoredState['state'] }
    subscriber = turn.subscriber ?? subscriber
    return { ...turn, rests, subscriber }
  })
}

const hasSameScreen = (then: PlayedTurn, now: PlayedTurn | undefined): boolean =>
  then.screen === now?.screen && hasSameState(then, now)

const hasSameState = (then: PlayedTurn, now: PlayedTurn | undefined): boolean =>
  then.state === now?.state &&
  then.asksSecret === now.asksSecret &&
  isSame(then.subscriber, now.subscriber) &&
  // Another revision names its states differently; then only screens and effects are compared.
  (then.rests?.revision !== now.rests?.revision || isSame(then.rests?.state, now.rests?.state))

const shown = ({ screen, state, asksSecret, rests, subscriber }: PlayedTurn): string =>
  [
    JSON.stringify(screen),
    asksSecret ? `${state} for a secret` : state,
    ...(rests ? [`at ${JSON.stringify(rests.state)}`] : []),
    `access ${subscriber.access}, ${subscriber.puk1AttemptsLeft} attempts left`,
  ].join(', ')

function messageOf(
  { version, menu, language }: Recording,
  { name, turns }: Dialogue,
  {
    at,
    how,
    was,
    is,
  }: { readonly at: number; readonly how: string; readonly was: string; readonly is: string },
): string {
  const typed = turns[at]?.typed
  const what = typed === null ? 'code dialled' : `'${typed ?? ''}' typed`
  return [
    `${menu} ${language}, "${name}": turn ${at + 1} (${what}) ${how}.`,
    `  ${version}: ${was}`,
    `  now:   ${is}`,
    '  If this is intended, record the next release: npm run release:record -- --release <version>',
  ].join('\n')
}
