/** Runs test scripts from a test runner, such as jest, vitest or node:test, and has the types of the models for `ussd explore`. */
import { readFileSync } from 'node:fs'
import { loadProject } from './cli/project.ts'
import { inProcessTarget } from './cli/walk/in-process.ts'
import { weaknessOf } from './cli/walk/tasks.ts'
import { africastalking } from './dialects/africastalking.ts'
import type { ServedProject } from './project.ts'
import { transcriptOf } from './walkthrough/reports/transcript.ts'
import { walk } from './walkthrough/run/runner.ts'
import { formatProblem, readScripts } from './walkthrough/script/read.ts'

export type { Change, Input, MenuModel, ModelSpec, ModelsOf, Origin } from './exploration/model-spec.ts'

/**
 * Runs every test script of a YAML file on a gateway in this process, with the embedded store and a virtual clock.
 *
 * @param given the project or its file; by default, the file that `ussd` finds in the current folder
 * @throws Error whose message is the transcript of the scripts that failed, or the problems of the file
 */
export async function walkFile(file: string | URL, given?: ServedProject | string): Promise<void> {
  const project = typeof given === 'object' ? given : await loadProject(given)
  const read = readScripts(readFileSync(file, 'utf8'), String(file), project.record)
  if (read.kind === 'malformed') throw new Error(read.problems.map(formatProblem).join('\n'))
  const failed: string[] = []
  for (const walkthrough of read.walkthroughs) {
    const usesRegistered = Object.values(walkthrough.handsets).some(({ fixture }) => !fixture)
    const target = await inProcessTarget({
      dialect: africastalking,
      project,
      demo: usesRegistered ? 'on' : 'off',
    })
    try {
      const result = await walk(walkthrough, target, { weaknessOf })
      if (result.verdict === 'failed') failed.push(transcriptOf(result).join('\n'))
    } finally {
      await target.close()
    }
  }
  if (failed.length > 0) throw new Error(`${failed.join('\n')}\n`)
}
