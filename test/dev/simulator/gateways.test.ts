/** A gateway in front of a provider responds to a submit that is billed. */
import { describe, expect, it } from 'vitest'
import {
  aCrunTask,
  aGeneration,
  aRunwareTask,
  aScenarioJob,
  aSimulator,
  generations,
  keys,
  scenarioMini,
} from './a-simulator.ts'

const origin = 'https://simulator.example.test'

const submissions = {
  runware: (prompt: string) => ({
    path: 'runware/v1',
    headers: { authorization: `Bearer ${keys.runware}` },
    body: [aRunwareTask({ positivePrompt: prompt })],
  }),
  crun: (prompt: string) => ({
    path: 'crun/api/v1/client/job/CreateTask',
    headers: { 'x-api-key': keys.crun },
    body: aCrunTask({ prompt }),
  }),
  scenario: (prompt: string) => ({
    path: `scenario/v1/${scenarioMini}`,
    headers: { authorization: `Basic ${btoa(keys.scenario)}` },
    body: aScenarioJob({ prompt }),
  }),
  aimlapi: (prompt: string) => ({
    path: `aimlapi/v2/${generations}`,
    headers: { authorization: `Bearer ${keys.aimlapi}` },
    body: aGeneration({ prompt }),
  }),
  fal: (prompt: string) => ({
    path: 'fal/bytedance/seedance-2.0/mini/text-to-video',
    headers: { authorization: `Key ${keys.fal}` },
    body: { prompt },
  }),
}

describe.each(Object.entries(submissions))('%s', (_, submissionOf) => {
  it.each([
    ['504-after', 504],
    ['garbage-after', 200],
  ])('responds with HTML for submit=%s, and bills each submit', async (fault, status) => {
    const sim = aSimulator()
    for (const times of [1, 2]) {
      const { path, headers, body } = submissionOf(`a paper boat sim(submit=${fault})`)
      const response = await sim.get(`${origin}/${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      expect(response.status).toBe(status)
      expect(await response.text()).toContain('<html>')
      expect(sim.simulator.tasks()).toHaveLength(times)
    }
  })
})
