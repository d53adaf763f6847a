import { mutants } from './mutants.ts'
import type { Fault, Plan } from './schedule.ts'
import type { Shrunk } from './shrink.ts'

/** `copy of turn 1 of a, after 5 ms, at B`, as far as a kind has these. */
function describeFault(fault: Fault): string {
  const { kind, ...rest } = fault
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  return `${kind}: ${details.join(', ')}`
}

/** A schedule in words: the dialogues, and what goes wrong. */
export function describePlan(plan: Plan): readonly string[] {
  const { dialogues, faults, idleMs, replicas, ways, keys, attempts } = plan
  const keysAt = keys.at.map((names, place) => `${'AB'[place]} ${names.join(' and ')}`).join(', ')
  return [
    ...dialogues.map(
      ({ name, form, code, subscriber, answers, under, signed }) =>
        `dialogue ${name}: ${code}, ${form}, subscriber ${subscriber}${under ? `, session id ${under}` : ''}${signed ? ', signed' : ''}, answers ${answers.map(({ typed }) => `'${typed}'`).join(' ') || 'nothing'}`,
    ),
    ...faults.map((fault) => `fault ${describeFault(fault)}`),
    `idle limit ${idleMs} ms, ways ${ways}, replicas ${replicas}, attempts ${attempts}`,
    `keys: ${keysAt}; PUK1 under ${keys.puk1}`,
  ]
}

/** A broken promise with the shortest schedule that breaks it. */
export function describeViolation(seed: number, how: string, { plan, ran, runs }: Shrunk): readonly string[] {
  return [
    `seed ${seed} breaks a promise: ${ran.violation?.rule ?? 'not again'}: ${oneLine(ran.violation?.detail ?? '')}`,
    `the shortest schedule of ${runs} tried:`,
    ...describePlan(plan).map((line) => `  ${line}`),
    ...ran.trace.map((line) => `  ${oneLine(line)}`),
    `again: npm run simulate -- --seed ${seed}${how} --trace`,
  ]
}

/** Which seed kills a mutant first: in the schedules as they are, and in each form alone. */
export interface Death {
  readonly mutant: string
  readonly where: string
  readonly seed: number | undefined
  readonly rule: string | undefined
}

export function describeDeaths(deaths: readonly Death[], limit: number): readonly string[] {
  return mutants.flatMap(({ name, says }) => [
    `${name}: ${says}`,
    ...deaths
      .filter(({ mutant }) => mutant === name)
      .map(({ where, seed, rule }) =>
        seed === undefined ? `  ${where}: ALIVE after ${limit} seeds` : `  ${where}: seed ${seed}, ${rule}`,
      ),
  ])
}

const oneLine = (text: string) => text.replaceAll('\n', ' / ')
