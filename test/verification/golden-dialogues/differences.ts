import type { Menu } from '../../../src/engine/menu.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Dialogue, Recording, SubscriberState } from './release.ts'
import { createStage, isSame } from './stage.ts'
import type { PlayedTurn, StoredState } from './stage.ts'

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
}

/** Replays the dialogues of a recording on the current menus, and resumes each after every turn that waited. */
export async function compareWith(
  recording: Recording,
  { menus, compare }: CompareOptions,
): Promise<Comparison> {
  const stage = createStage({ ...recording, menus })
  const menuChanged = systemMessages.menuChanged[recording.language]
  const isSameTurn = compare === 'screens' ? hasSameScreen : hasSameState
  const differences: string[] = []
  let [turns, continued, ended] = [0, 0, 0]
  for (const dialogue of recording.dialogues) {
    const recorded = fillIn(recording, dialogue)
    const typed = dialogue.turns.map((turn) => turn.typed ?? '')
    const addDifference = (played: readonly PlayedTurn[], from: number, how: string) => {
      const first = played.findIndex((now, at) => !isSameTurn(recorded[from + at] as PlayedTurn, now))
      const [then, now] = [recorded[from + first], played[first]]
      if (then && now) differences.push(messageOf(recording, dialogue, from + first, how, then, now))
    }
    if (compare === 'screens') {
      const played = await stage.play(dialogue, typed.slice(1))
      turns += played.length
      addDifference(played, 0, 'has a different answer')
    }
    for (const [at, { rests, subscriber }] of recorded.entries()) {
      const from = at + 1
      if (!rests || from === recorded.length) continue
      const played = await stage.resume(dialogue, { turns: from, rests, subscriber }, typed.slice(from))
      if (played[0]?.screen === menuChanged && played[0].state === 'ended') ended += 1
      else {
        continued += 1
        addDifference(played, from, `differs when resumed after turn ${from}`)
      }
    }
  }
  return { dialogues: recording.dialogues.length, turns, continued, ended, differences }
}

/** Restores what the recording omits because it did not change. */
function fillIn(
  { menu, revision }: Recording,
  { turns, subscriber: first }: Dialogue,
): readonly PlayedTurn[] {
  let rests: StoredState | null = null
  let subscriber: SubscriberState = first
  return turns.map((turn) => {
    const state = turn.rests
    if (state === null) rests = null
    else if (state) rests = { menu, revision, state: state as StoredState['state'] }
    subscriber = turn.subscriber ?? subscriber
    return { ...turn, rests, subscriber }
  })
}

const hasSameScreen = (then: PlayedTurn, now: PlayedTurn): boolean =>
  then.screen === now.screen && hasSameState(then, now)

const hasSameState = (then: PlayedTurn, now: PlayedTurn): boolean =>
  then.state === now.state &&
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
  { name }: Dialogue,
  at: number,
  how: string,
  then: PlayedTurn,
  now: PlayedTurn,
): string {
  const input = then.typed === null ? 'code dialled' : `'${then.typed}' typed`
  return [
    `${menu} ${language}, "${name}": turn ${at + 1} (${input}) ${how}.`,
    `  ${version}: ${shown(then)}`,
    `  now:   ${shown(now)}`,
    '  If this is intended, record the next release: npm run release:record -- --release <version>',
  ].join('\n')
}
