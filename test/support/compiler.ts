import { canRun, install } from './redis/redis-binary.ts'

/** Ensures that a C compiler is on PATH as `cc`; installs one if no prompt is needed. Throws with instructions otherwise. */
export async function findCompiler(): Promise<void> {
  if (canRun('cc')) return
  await install({ apt: ['gcc', 'libc6-dev'] })
  if (canRun('cc')) return
  throw new Error(
    'These tests need a C compiler: install one so that cc is on PATH (apt-get install gcc libc6-dev, dnf install gcc).',
  )
}
