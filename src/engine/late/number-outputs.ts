/** Numbers of late outputs. Those that were stored in time keep theirs. */
import type { Output, WaitingOutput } from '../../store/jobs/outputs.ts'
import type { Task } from '../../store/jobs/tasks.ts'

/** The outputs that are not stored yet, with the numbers of their task that are free. `named`: all that it has made. */
export function numberLate(
  { tasks, outputs }: { tasks: Task[]; outputs: Output[] },
  named: readonly Output[],
): WaitingOutput[] {
  return tasks.flatMap(({ n: taskN, wanted }) => {
    const ofTask = named.filter((output) => output.taskN === taskN)
    const [first] = ofTask
    if (first === undefined) return []
    const known = outputs.filter((output) => output.taskN === taskN)
    const free = Array.from({ length: wanted }, (_, index) => first.n + index).filter(
      (n) => !outputs.some((output) => output.n === n),
    )
    return ofTask
      .filter(({ remoteId }) => !known.some((output) => output.remoteId === remoteId))
      .flatMap((output, index): WaitingOutput[] => {
        const n = free[index]
        return n === undefined || output.status !== 'waiting' ? [] : [{ ...output, n, isLate: true }]
      })
  })
}
