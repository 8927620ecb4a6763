/** A submission under the fault that its directives ask for. */
import { type Directives, dueFault, type RefusalFault } from './directives.ts'
import type { SimulatedTask } from './task.ts'
import { loseResponse, replaceResponse, type World } from './world.ts'

interface Submission<Task extends SimulatedTask, Answer> {
  provider: Task['provider']
  directives: Directives
  /** The same for each repetition of the submission: a fault may happen the first times only. */
  attempt: string
  /** Accepts and bills the task. */
  run: () => Task | Promise<Task>
  accepted: (task: Task) => Answer
  /** The task was accepted, and the answer is a 500. */
  broken: () => Answer
  refused: (fault: RefusalFault) => Answer
}

/** Throws if the response is lost, or replaced by a gateway. Nothing is awaited before `run`. */
export async function submitUnderFault<Task extends SimulatedTask, Answer>(
  world: World,
  { provider, directives, attempt, run, accepted, broken, refused }: Submission<Task, Answer>,
): Promise<Answer> {
  const fault = dueFault(directives.submit, world.count(`submit ${attempt}`))
  switch (fault) {
    case undefined:
      return accepted(await run())
    case 'reset-before':
      throw loseResponse(world, provider)
    case 'lost-after':
      throw loseResponse(world, provider, (await run()).taskId)
    case '504-after':
    case 'garbage-after':
      throw replaceResponse(world, await run(), fault)
    case '500-after':
      await run()
      return broken()
    case '402':
    case '403':
    case '429':
    case '455':
    case '500-before':
    case '503':
    case '505':
      return refused(fault)
  }
}
