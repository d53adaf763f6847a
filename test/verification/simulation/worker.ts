/** A process of the simulation: it carries out the tasks it is sent, one at a time, until nobody sends any more. */
import { carryOut } from './task.ts'
import type { Task } from './task.ts'

async function answer(task: Task): Promise<void> {
  const done = await carryOut(task)
  process.send?.(done)
}

process.on('message', (task: Task) => void answer(task))
