import { canRun, install } from './redis/redis-binary.ts'

/** Ensures that a C compiler is on PATH as `cc`; installs one if no prompt is needed. Throws with instructions otherwise. */
export async function findCompiler(): Promise<void> {
  if (canRun('cc')) return
  if (process.getuid?.() === 0 && canRun('apt-get')) {
    await install('apt-get', ['update'])
    // Another test may hold the lock of apt.
    const timeout = ['-o', 'DPkg::Lock::Timeout=300']
    await install('apt-get', [...timeout, 'install', '-y', '--no-install-recommends', 'gcc', 'libc6-dev'])
  }
  if (canRun('cc')) return
  throw new Error(
    'These tests need a C compiler: install one so that cc is on PATH (apt-get install gcc libc6-dev, dnf install gcc).',
  )
}
