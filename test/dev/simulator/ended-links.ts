import { aRunwareTask, type Stand } from './a-simulator.ts'

/** A Runware task that has ended, and the links of its results. */
export async function endedLinks(stand: Stand, directive = '', overrides = {}): Promise<string[]> {
  const positivePrompt = `a paper boat ${directive}`
  const task = aRunwareTask({ positivePrompt, ...overrides })
  await stand.runware(task)
  await stand.advance(12_000)
  return linksOf(stand, task.taskUUID)
}

export async function linksOf(stand: Stand, taskUUID: string): Promise<string[]> {
  const { data } = (await stand.look(taskUUID)).body
  return data.map((item: { videoURL: string }) => item.videoURL)
}
