/** What a provider has accepted and bills, for those that are given no callback URL: told apart by a mark in the prompt. */
import { postJob } from './reelhook.ts'
import type { postUnnudged } from './runtime.ts'
import { world } from './world.ts'

/** A prompt that no other job has, with directives for the simulator. */
function aMarkedPrompt(directives: string): { prompt: string; mark: string } {
  const mark = crypto.randomUUID()
  return { prompt: `A paper boat ${mark} sim(${directives})`, mark }
}

/** Posts a job whose bills can be found at every provider. */
export async function postMarked(
  directives: string,
  overrides: Record<string, unknown> = {},
  post: typeof postJob | typeof postUnnudged = postJob,
): Promise<{ id: string; bills: () => ReturnType<typeof billsMarked> }> {
  const { prompt, mark } = aMarkedPrompt(directives)
  const { id } = await post({ prompt, ...overrides })
  return { id, bills: () => billsMarked(mark) }
}

function billsMarked(mark: string) {
  return world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(mark))
}
