/** The dialogues of the menus as they are now: those that exploring them finds, one for everything that shows something new. */
import { createHash } from 'node:crypto'
import { languages } from '../../../src/engine/authoring.ts'
import type { Language } from '../../../src/engine/authoring.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import type { Argon2 } from '../../../src/services/hashing/hashing.ts'
import { planFor } from '../../../src/exploration/plan.ts'
import type { Job } from '../../../src/exploration/replay.ts'
import { modelSpecsOf } from '../../../src/exploration/model-spec.ts'
import { menus as ourMenus } from '../../../menus/index.ts'
import { models } from '../../../menus/models.ts'
import { secrets } from '../../../menus/self-care.model.ts'
import type { World } from '../../../menus/self-care.model.ts'
import type { Dialogue, Recording, Turn } from './release.ts'
import { createStage } from './stage.ts'
import type { Played } from './stage.ts'

/** Longer ones type everything there is on one screen: that is the exploration's, and would fill the files. */
const MOST_TURNS = 6

/** Answers given in advance, behind the code. */
const SHORTCUTS: Readonly<Record<string, readonly string[]>> = {
  '*141*0#': ['*141*0*0#', '*141*0*80291#'],
  '*141*3*6#': ['*141*3*6*1#', '*141*3*6*1*2#', '*141*3*6*0#', '*141*3*6*7#'],
}

const { specs } = modelSpecsOf(ourMenus, models)

type Begun = Omit<Dialogue, 'turns'> & { readonly typed: readonly string[] }

/** `progress` hears each recording as it is done. */
export async function record(options: {
  readonly version: string
  readonly menus: Readonly<Record<string, Menu>>
  readonly argon2?: Argon2
  readonly progress: (line: string) => void
}): Promise<readonly Recording[]> {
  const { version, menus, argon2 } = options
  // It guards nothing, and is the same each time: what is sealed is the same, too.
  const secretsKey = createHash('sha256').update(`released dialogues ${version}`).digest('base64')
  const recordings: Recording[] = []
  for (const subject of specs) {
    for (const language of languages) {
      const { puk1 } = secrets
      const stage = createStage({ menus, language, secretsKey, puk1, ...(argon2 && { argon2 }) })
      const { code } = subject.menu
      const dialogues: Dialogue[] = []
      let revision = ''
      for (const { typed, ...dialogue } of begunIn(code, language)) {
        const played = await stage.play(dialogue, typed)
        revision ||= played.find(({ rests }) => rests)?.rests?.revision ?? ''
        dialogues.push({ ...dialogue, turns: turnsOf(played, dialogue) })
      }
      recordings.push({ version, menu: code, revision, language, secretsKey, puk1, dialogues })
      options.progress(`${code} ${language}: ${dialogues.length} dialogues`)
    }
  }
  return recordings
}

function begunIn(code: string, language: Language): readonly Begun[] {
  const subject = specs.filter(({ menu }) => menu.code === code)
  const { notUnderstood } = systemMessages
  const { jobs } = planFor(subject, { languages: [language], limit: 0, seed: 1, notUnderstood })
  const fresh = subject[0]?.origins[0]
  const named = new Map<string, Omit<Begun, 'msisdn'>>()
  const add = (dialled: string, job: Pick<Job<World>, 'origin' | 'moves'>) => {
    const names = job.moves.slice(1).map(({ input }) => input?.name ?? '')
    const name = `${job.origin.name}: ${[dialled, ...names].join(', ')}`
    const { access, attemptsLeft, weakPasswords } = job.origin.world
    const typed = job.moves.slice(1).map(({ input }) => input?.text ?? '')
    named.set(name, {
      name,
      dialled,
      weakPasswords,
      subscriber: { access, puk1AttemptsLeft: attemptsLeft },
      typed,
    })
  }
  for (const job of jobs.filter(isPlain)) add(job.alphabet === 'latin' ? `#${code.slice(1)}` : code, job)
  for (const dialled of SHORTCUTS[code] ?? []) if (fresh) add(dialled, { origin: fresh, moves: [] })
  return [...named.values()].map((begun, at) => ({ ...begun, msisdn: `+37529${1_000_000 + at}` }))
}

/** One dialogue, in which nobody but the subscriber does anything, and nothing fails. */
const isPlain = ({ moves }: Job<World>): boolean =>
  moves.length <= MOST_TURNS &&
  moves.every(
    ({ input, change, fails }, at) =>
      change === undefined && fails === undefined && (input === undefined) === (at === 0),
  )

/** What is as before is left out. */
function turnsOf(played: readonly Played[], { subscriber: first }: Omit<Begun, 'typed'>): Turn[] {
  return played.map(({ rests, subscriber, ...turn }, at) => {
    const before = played[at - 1]
    const state = rests?.state ?? null
    return {
      ...turn,
      ...((at === 0 || !isSame(state, before?.rests?.state ?? null)) && { rests: state }),
      ...(!isSame(subscriber, before?.subscriber ?? first) && { subscriber }),
    }
  })
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
