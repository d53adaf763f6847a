/** A worker process: runs one task at a time until its parent disconnects. */
import { runTask } from './task.ts'
import type { Task } from './task.ts'

process.on('message', (task: Task) => void runTask(task).then((result) => process.send?.(result)))
