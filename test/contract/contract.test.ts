/**
 * Random requests, made from the published description: valid ones, and ones that are broken in each way, with each kind of
 * key. On failure fast-check prints the seed and the path that repeat it (CONTRACT_SEED, CONTRACT_PATH).
 */
import fc from 'fast-check'
import { beforeAll, expect, inject, it } from 'vitest'
import { takeNewFaults, unseenResponses } from '../support/contract.ts'
import { api } from '../support/reelhook.ts'
import { callsOf } from './calls.ts'
import { brokenLaws } from './laws.ts'
import { createRestorer, type Restorer } from './restore.ts'
import { isValid, type Operation, readOperations } from './schema.ts'
import { plantSeeds, type Seeds } from './seeds.ts'
import { curlOf, send } from './send.ts'
import { valuesOf } from './values.ts'

const { requests, seed, path } = inject('contractFuzz')
/** With fewer requests, chance may leave out a response. */
const requestsForAll = 100_000

let operations: Operation[]
let seeds: Seeds
let restorer: Restorer

beforeAll(async () => {
  operations = readOperations(await (await api('/openapi.json')).json())
  seeds = await plantSeeds()
  restorer = await createRestorer()
}, 60_000)

it('the generator makes valid values for every schema of a request', () => {
  const schemas = operations.flatMap(({ parameters, body }) => [
    ...parameters.map(({ schema }) => schema),
    ...(body === null ? [] : [body.schema]),
  ])
  for (const schema of schemas) {
    const property = fc.property(valuesOf(schema, seeds.hints), (value) => isValid(schema, value))
    fc.assert(property, { numRuns: 20 })
  }
})

it(
  'no request breaks the contract of its route',
  async () => {
    const property = fc.asyncProperty(callsOf(operations, seeds), async (call) => {
      const outcome = await send(call, restorer)
      const faults = [...brokenLaws(call, outcome), ...takeNewFaults()]
      if (faults.length > 0)
        throw new Error(
          `${faults.join('\n')}\n${curlOf(call)}\n${outcome.status} ${outcome.text.slice(0, 1_500)}`,
        )
    })
    await fc.assert(property, {
      numRuns: requests,
      ...(seed === null ? {} : { seed }),
      ...(path === null ? {} : { path }),
    })
    if (requests >= requestsForAll) expect(unseenResponses().filter(isSuccess)).toEqual([])
  },
  60_000 + requests * 50,
)

/** All but those that need a request before them: the end of a job that was waited for, and of a stream. */
function isSuccess(name: string): boolean {
  const needsEarlier = /^POST \/v1\/jobs(\/\{id\}\/retry)? 200$|^GET \/v1\/jobs\/\{id\}\/events 204$/
  return /20[0124]$/.test(name) && !needsEarlier.test(name)
}
