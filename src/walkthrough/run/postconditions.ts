import type { Handsets } from '../../simulator/handset.ts'
import type { StepFailure } from './result.ts'
import type { SelfCareClient } from './self-care-client.ts'
import type { SubscriberView, Target } from './target.ts'
import type { Postcondition, Walkthrough } from '../script/walkthrough.ts'

/** Checks the end of a walkthrough: no open dialogue, the expected records, the expected effects. */
export async function checkPostconditions(run: {
  readonly walkthrough: Walkthrough
  readonly handsets: Handsets
  readonly target: Target
  readonly selfCare: SelfCareClient | undefined
  /** How many effects the target had performed before the walkthrough. */
  readonly performedBefore: number
}): Promise<{ readonly failures: readonly StepFailure[]; readonly notes: readonly string[] }> {
  const { walkthrough, handsets, target, selfCare, performedBefore } = run
  const { gateway } = target
  const messages: string[] = []
  const notes: string[] = []
  const isShared = Object.keys(walkthrough.handsets).length > 1

  for (const [who, { msisdn }] of Object.entries(walkthrough.handsets)) {
    if (handsets.screen(msisdn).state !== 'waiting') continue
    messages.push(`the dialogue${isShared ? ` of ${who}` : ''} is still open: end it with hangs up: true`)
  }

  if (walkthrough.after.length > 0 && !(gateway && selfCare))
    notes.push('subscriber records were not checked: the target is not a gateway of this project')
  for (const postcondition of gateway && selfCare ? walkthrough.after : []) {
    const { who } = postcondition
    const { msisdn } = walkthrough.handsets[who] ?? { msisdn: '' }
    const record = await gateway?.getSubscriber(msisdn)
    const found = record
      ? [
          ...recordProblems(record, postcondition),
          ...(await passwordProblems(record, postcondition, (password) =>
            selfCare?.logInStatus(msisdn, password),
          )),
        ]
      : ['the subscriber is not registered']
    messages.push(...found.map((message) => (isShared ? `${who}: ${message}` : message)))
  }

  if (walkthrough.performed) {
    const performed = gateway?.performed?.().slice(performedBefore)
    if (!performed) notes.push('effects were not checked: they are visible only on a gateway in this process')
    else if (performed.join() !== walkthrough.performed.join())
      messages.push(`performed ${listOf(performed)}, not ${listOf(walkthrough.performed)}`)
  }
  return { failures: messages.map((message) => ({ message, expected: undefined })), notes }
}

function recordProblems(record: SubscriberView, postcondition: Postcondition): readonly string[] {
  const { password: _password, ...expected } = postcondition.record
  return Object.entries(expected).flatMap(([name, value]) => {
    const actual = record[name]
    return JSON.stringify(actual) === JSON.stringify(value)
      ? []
      : [`${name} is ${shown(actual)}, not ${shown(value)}`]
  })
}

async function passwordProblems(
  { access }: SubscriberView,
  postcondition: Postcondition,
  logInStatus: (password: string) => Promise<number> | undefined,
): Promise<readonly string[]> {
  const { password } = postcondition.record
  if (typeof password !== 'string') return []
  if (access !== 'open') return [`the password cannot be checked: access is ${String(access)}`]
  const status = await logInStatus(password)
  if (status === 201) return []
  if (status === 401) return ['the password differs']
  return [`the password could not be checked: self-care answered ${status}`]
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const listOf = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '))
