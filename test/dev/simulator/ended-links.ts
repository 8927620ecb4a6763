import { aRunwareTask, type TestSimulator } from './a-simulator.ts'

/** A Runware task that has ended, and the links of its results. */
export async function endedLinks(sim: TestSimulator, directive = '', overrides = {}): Promise<string[]> {
  const positivePrompt = `a paper boat ${directive}`
  const task = aRunwareTask({ positivePrompt, ...overrides })
  await sim.runware(task)
  await sim.advance(12_000)
  return linksOf(sim, task.taskUUID)
}

export async function linksOf(sim: TestSimulator, taskUUID: string): Promise<string[]> {
  const { data } = (await sim.getStatus(taskUUID)).body
  return data.map((item: { videoURL: string }) => item.videoURL)
}
