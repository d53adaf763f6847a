/** A worker process: runs one task at a time until its parent disconnects. */
import { runTask } from './task.ts'
import type { Task } from './task.ts'

async function answer(task: Task): Promise<void> {
  process.send?.(await runTask(task))
}

process.on('message', (task: Task) => void answer(task))
