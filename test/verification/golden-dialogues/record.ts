/** Records the dialogues of the current menus: the paths that the exploration plans, and a few shortcuts. */
import { createHash } from 'node:crypto'
import { languages } from '../../../menus/languages.ts'
import type { Language } from '../../../src/engine/authoring.ts'
import type { Menu } from '../../../src/engine/menu.ts'
import { systemMessages } from '../../../src/gateway/system-messages.ts'
import { planFor } from '../../../src/exploration/plan.ts'
import type { Job } from '../../../src/exploration/replay.ts'
import { modelSpecsOf } from '../../../src/exploration/model-spec.ts'
import project from '../../../menus/index.ts'
import { models } from '../../../menus/models.ts'
import { secrets } from '../../../menus/self-care.model.ts'
import type { World } from '../../../menus/self-care.model.ts'
import type { Dialogue, Recording, Turn } from './release.ts'
import { createStage, isSame } from './stage.ts'
import type { PlayedTurn } from './stage.ts'

/** Longer dialogues try every input on one screen. The exploration covers them; here they would bloat the files. */
const MAX_TURNS = 6

/** Dialled codes that include replies. */
const SHORTCUTS: Readonly<Record<string, readonly string[]>> = {
  '*141*0#': ['*141*0*0#', '*141*0*80291#'],
  '*141*3*6#': ['*141*3*6*1#', '*141*3*6*1*2#', '*141*3*6*0#', '*141*3*6*7#'],
}

const { specs } = modelSpecsOf(project, models)

type PlannedDialogue = Omit<Dialogue, 'turns'> & { readonly typed: readonly string[] }

/** Plays and records the dialogues of every menu in every language. */
export async function record(options: {
  readonly version: string
  readonly menus: Readonly<Record<string, Menu>>
  readonly progress: (line: string) => void
}): Promise<readonly Recording[]> {
  const { version, menus } = options
  // Derived from the version, so that sealed secrets do not change between recordings. It protects nothing.
  const secretsKey = createHash('sha256').update(`released dialogues ${version}`).digest('base64')
  const recordings: Recording[] = []
  for (const spec of specs) {
    for (const language of languages) {
      const { puk1 } = secrets
      const stage = createStage({ menus, language, secretsKey, puk1 })
      const { code } = spec.menu
      const dialogues: Dialogue[] = []
      let revision = ''
      for (const { typed, ...dialogue } of plannedDialogues(code, language)) {
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

function plannedDialogues(code: string, language: Language): readonly PlannedDialogue[] {
  const chosen = specs.filter(({ menu }) => menu.code === code)
  const { notUnderstood } = systemMessages
  const { jobs } = planFor(chosen, { languages: [language], limit: 0, seed: 1, notUnderstood, latin: true })
  const fresh = chosen[0]?.origins[0]
  const named = new Map<string, Omit<PlannedDialogue, 'msisdn'>>()
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
  return [...named.values()].map((dialogue, at) => ({ ...dialogue, msisdn: `+37529${1_000_000 + at}` }))
}

/** Returns true for one short dialogue without failures and without changes from outside. */
const isPlain = ({ moves }: Job<World>): boolean =>
  moves.length <= MAX_TURNS &&
  moves.every(
    ({ input, change, fails }, at) =>
      change === undefined && fails === undefined && (input === undefined) === (at === 0),
  )

/** Omits states that did not change. */
function turnsOf(
  played: readonly PlayedTurn[],
  { subscriber: first }: Omit<PlannedDialogue, 'typed'>,
): Turn[] {
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
