/** For every test: fails it where an answer or an event in it is not as the published description has it. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, expect } from 'vitest'
import { learnContract, takeFaults } from './contract.ts'
import { fetchWith } from './runtime.ts'
import { publicBaseUrl } from './world.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** How many answers and events of the test were held to the description. */
    held?: number
  }
}

beforeAll(async () => {
  learnContract(await (await fetchWith(env, new Request(`${publicBaseUrl}/openapi.json`))).json())
})

afterEach(({ task }) => {
  const { held, faults } = takeFaults()
  task.meta.held = held
  expect(faults, 'not as GET /openapi.json describes it').toEqual([])
})
