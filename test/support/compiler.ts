import { canRun, findProgram } from './redis/redis-binary.ts'

/** Ensures that a C compiler is on PATH as `cc`; installs one if no prompt is needed. Throws with instructions otherwise. */
export const findCompiler = (): Promise<string> =>
  findProgram(
    () => ['cc'].find(canRun),
    { apt: ['gcc', 'libc6-dev'] },
    'These tests need a C compiler: install one so that cc is on PATH (apt-get install gcc libc6-dev, dnf install gcc).',
  )
