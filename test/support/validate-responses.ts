/** Fails a test in which a response or an event differs from the published description. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, expect } from 'vitest'
import { startChecking, takeFaults } from './contract.ts'
import { fetchWith } from './runtime.ts'
import { publicBaseUrl } from './world.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** How many responses and events of the test were checked against the description. */
    checkedCount?: number
  }
}

beforeAll(async () => {
  await startChecking(async () => {
    const response = await fetchWith(env, new Request(`${publicBaseUrl}/openapi.json`))
    return response.json()
  })
})

afterEach(({ task }) => {
  const { checkedCount, faults } = takeFaults()
  task.meta.checkedCount = checkedCount
  expect(faults, 'differs from GET /openapi.json').toEqual([])
})
