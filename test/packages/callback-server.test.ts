/** The callback server of `npm start` passes the test of receivers that we offer to callers. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CallbackServer, startCallbackServer } from '../../src/dev/local/callback-server.ts'
import { allPassed, createKey, receiverTest } from './support.ts'

let key: Awaited<ReturnType<typeof createKey>>
let server: CallbackServer
const printed: string[] = []

beforeAll(async () => {
  key = await createKey()
  const onReceived = ({ type, fault }: { type: string; fault: string | null }) =>
    printed.push(`${type} ${fault}`)
  server = await startCallbackServer(key.callback_secret, { onReceived })
})
afterAll(() => server.close())

it('passes the test of receivers, and prints each event of it once', async () => {
  expect(await receiverTest(key, server.url)).toEqual(allPassed)
  expect(printed.toSorted()).toEqual([
    'callback.test Message timestamp too old',
    'callback.test No matching signature found',
    'callback.test null',
  ])
})

it('accepts an event of every type', async () => {
  expect(await receiverTest(key, server.silentUrl)).toMatchObject({ accepts_valid: 'passed' })
})
