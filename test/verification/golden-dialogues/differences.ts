/** Released dialogues, played on menus as they are now. */
import type { Menu } from '../../../src/engine/menu.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Argon2 } from '../../../src/services/hashing/hashing.ts'
import type { Dialogue, Recording, Standing, Turn } from './release.ts'
import { createStage } from './stage.ts'
import type { Played, Resting, Stage } from './stage.ts'

export interface Held {
  readonly dialogues: number
  /** Turns of whole dialogues, played from the start. */
  readonly turns: number
  /** Dialogues that were taken up where they rested after some turn: how many went on, and how many ended politely. */
  readonly wentOn: number
  readonly ended: number
  /** A text for each thing that differs: the dialogue, the turn, what was and what is. */
  readonly differences: readonly string[]
}

export interface Holding {
  readonly menus: Readonly<Record<string, Menu>>
  /**
   * `screens`: all that was shown is shown now, as the last release has it. `states`: of an older one, whose texts a later
   * release has changed, dialogues that were begun go on to where they went, or end politely.
   */
  readonly hold: 'screens' | 'states'
  readonly argon2?: Argon2
}

export async function holdAgainst(recording: Recording, holding: Holding): Promise<Held> {
  const stage = createStage({ ...holding, ...recording })
  const differences: string[] = []
  let [turns, wentOn, ended] = [0, 0, 0]
  for (const dialogue of recording.dialogues) {
    const whole = fillIn(recording, dialogue)
    const differs = (at: number, how: string, was: string, is: string) =>
      void differences.push(sentence(recording, dialogue, { at, how, was, is }))
    if (holding.hold === 'screens') turns += await holdWhole(stage, dialogue, whole, differs)
    const resumed = await holdResumed(stage, { recording, dialogue, whole, hold: holding.hold }, differs)
    wentOn += resumed.wentOn
    ended += resumed.ended
  }
  return { dialogues: recording.dialogues.length, turns, wentOn, ended, differences }
}

type Differs = (at: number, how: string, was: string, is: string) => void

async function holdWhole(
  stage: Stage,
  dialogue: Dialogue,
  whole: readonly Played[],
  differs: Differs,
): Promise<number> {
  const played = await stage.play(dialogue, typedFrom(dialogue, 1))
  const first = whole.findIndex((then, at) => !isShownAs(then, played[at]))
  const [then, now] = [whole[first], played[first]]
  if (then && now) differs(first, 'is answered otherwise', shown(then), shown(now))
  return played.length
}

/** From every turn at which it waited: on from there, as it was, or to the end the gateway makes of a menu that has changed. */
async function holdResumed(
  stage: Stage,
  of: Pick<Holding, 'hold'> & {
    readonly recording: Recording
    readonly dialogue: Dialogue
    readonly whole: readonly Played[]
  },
  differs: Differs,
): Promise<{ readonly wentOn: number; readonly ended: number }> {
  const { recording, dialogue, whole, hold } = of
  let [wentOn, ended] = [0, 0]
  const polite = systemMessages.menuChanged[recording.language]
  for (const [at, { rests, subscriber }] of whole.entries()) {
    const typed = typedFrom(dialogue, at + 1)
    if (!rests || typed.length === 0) continue
    const played = await stage.resume(dialogue, { turns: at + 1, rests, subscriber }, typed)
    const [next] = played
    if (next?.screen === polite && next.state === 'ended') {
      ended += 1
      continue
    }
    wentOn += 1
    const isAs = hold === 'screens' ? isShownAs : isWhere
    const first = played.findIndex((now, on) => !isAs(whole[at + 1 + on] as Played, now))
    const [then, now] = [whole[at + 1 + first], played[first]]
    const how = `goes on otherwise, taken up after turn ${at + 1}`
    if (first >= 0 && then && now) differs(at + 1 + first, how, shown(then), shown(now))
  }
  return { wentOn, ended }
}

const typedFrom = ({ turns }: Dialogue, at: number): readonly string[] =>
  turns.slice(at).map(({ typed }) => typed ?? '')

/** What was left out of the recording because it was as before. */
function fillIn({ menu, revision }: Recording, { turns, subscriber: first }: Dialogue): readonly Played[] {
  let rests: Resting | null = null
  let subscriber: Standing = first
  return turns.map((turn: Turn) => {
    const state = turn.rests
    if (state === null) rests = null
    else if (state) rests = { menu, revision, state: state as Resting['state'] }
    subscriber = turn.subscriber ?? subscriber
    return { ...turn, rests, subscriber }
  })
}

const isShownAs = (then: Played, now: Played | undefined): boolean =>
  then.screen === now?.screen && isWhere(then, now)

const isWhere = (then: Played, now: Played | undefined): boolean =>
  then.state === now?.state &&
  then.asksSecret === now.asksSecret &&
  isSame(then.subscriber, now.subscriber) &&
  // States of another revision have other names; what it shows and does is compared.
  (then.rests?.revision !== now.rests?.revision || isSame(then.rests?.state, now.rests?.state))

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const shown = ({ screen, state, asksSecret, rests, subscriber }: Played): string =>
  [
    JSON.stringify(screen),
    asksSecret ? `${state} for a secret` : state,
    ...(rests ? [`at ${JSON.stringify(rests.state)}`] : []),
    `access ${subscriber.access}, ${subscriber.puk1AttemptsLeft} attempts left`,
  ].join(', ')

function sentence(
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
  const what = typed === null ? 'the code is dialled' : `'${typed ?? ''}' is typed`
  return [
    `${menu} ${language}, "${name}": turn ${at + 1}, in which ${what}, ${how}.`,
    `  ${version}: ${was}`,
    `  now:   ${is}`,
    '  If that is meant, record the release that will have it: npm run release:record -- --release <version>',
  ].join('\n')
}
