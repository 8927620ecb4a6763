/** Finds the billed tasks of a job at any provider, even one without a callback URL, by a mark in the prompt. */
import { postJob } from './reelhook.ts'
import type { postWithoutWakeUp } from './runtime.ts'
import { world } from './world.ts'

/** A unique prompt with directives for the simulator. */
function aMarkedPrompt(directives: string): { prompt: string; mark: string } {
  const mark = crypto.randomUUID()
  return { prompt: `A paper boat ${mark} sim(${directives})`, mark }
}

/** Posts a job whose billed tasks can be found at every provider. */
export async function postMarked(
  directives: string,
  overrides: Record<string, unknown> = {},
  post: typeof postJob | typeof postWithoutWakeUp = postJob,
): Promise<{ id: string; bills: () => ReturnType<typeof billsMarked> }> {
  const { prompt, mark } = aMarkedPrompt(directives)
  const { id } = await post({ prompt, ...overrides })
  return { id, bills: () => billsMarked(mark) }
}

function billsMarked(mark: string) {
  return world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(mark))
}
