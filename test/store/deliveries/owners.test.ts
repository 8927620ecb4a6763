/** What an isolate remembers of API keys and endpoints, and when it forgets it. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../src/store/database.ts'
import { insertApiKey, replaceSecret, revokeApiKey } from '../../../src/store/deliveries/api-keys.ts'
import { disableOwner, enableCallbacks } from '../../../src/store/deliveries/disabled.ts'
import {
  deleteEndpoint,
  type Endpoint,
  insertEndpoint,
  updateEndpoint,
} from '../../../src/store/deliveries/endpoints.ts'
import { createOwners } from '../../../src/store/deliveries/owners.ts'
import { forgetOwners, rememberedMs } from '../../../src/store/owner-memory.ts'
import { select, writeElsewhere } from '../../support/storage.ts'
import { anApiKey, db } from '../rows.ts'

const host = 'caller.test'
let nowMs = 0
let calls = 0

/** Counts its calls. */
const binding = new Proxy(env.DB, {
  get(target, name) {
    const member = Reflect.get(target, name)
    if (name === 'prepare' || name === 'batch') calls += 1
    return typeof member === 'function' ? member.bind(target) : member
  },
})
const owners = createOwners(binding, openDatabase(binding), () => nowMs)

beforeEach(async () => {
  for (const table of ['endpoints', 'api_keys', 'disabled_callbacks']) await select(`DELETE FROM ${table}`)
  forgetOwners()
  nowMs = 1_000
})

async function callsOf(work: () => Promise<unknown>): Promise<number> {
  calls = 0
  await work()
  return calls
}

async function anEndpoint(): Promise<Endpoint> {
  const endpoint: Endpoint = {
    id: 'ep_1',
    url: `https://${host}/all`,
    host,
    path: '/all',
    description: null,
    eventTypes: ['job.failed'],
    format: 'reelhook',
    metadata: {},
    secret: 'sealed',
    createdAt: 1,
    disabledAt: null,
    disabledBy: null,
    project: null,
  }
  await insertEndpoint(db, endpoint)
  return endpoint
}

async function aKey() {
  const key = anApiKey({ id: 'key_1', hash: 'hash', callbackSecret: 'sealed' })
  await insertApiKey(db, key)
  return key
}

const ofEndpoint = { endpointId: 'ep_1', ownerId: 'ep_1', host }
const ofKey = { endpointId: null, ownerId: 'key_1', host }

describe('an isolate', () => {
  it('reads endpoints once within some seconds, for steps and deliveries', async () => {
    await anEndpoint()
    const seen = { obstacle: null, url: `https://${host}/all`, encryptedSecrets: ['sealed'] }
    expect(await owners.subscriptions()).toMatchObject([{ endpointId: 'ep_1', eventTypes: ['job.failed'] }])
    expect(await callsOf(async () => expect(await owners.find(ofEndpoint)).toEqual(seen))).toBe(0)
    nowMs += rememberedMs
    expect(await callsOf(() => owners.subscriptions())).toBeGreaterThan(0)
  })

  it('reads an API key and its disabled callbacks once within some seconds', async () => {
    await aKey()
    expect(await owners.find(ofKey)).toEqual({ obstacle: null, url: null, encryptedSecrets: ['sealed'] })
    expect(await callsOf(() => owners.find({ ...ofKey, host: 'other.test' }))).toBe(0)
    expect(await owners.callerByHash('hash')).toMatchObject({ keyId: 'key_1' })
    expect(
      await callsOf(async () => expect(await owners.callerByHash('hash')).toMatchObject({ keyId: 'key_1' })),
    ).toBe(0)
    nowMs += rememberedMs
    expect(await callsOf(() => owners.callerByHash('hash'))).toBeGreaterThan(0)
  })

  it('sees a change by another isolate after these seconds, or when it asks for the state of now', async () => {
    await anEndpoint()
    await owners.find(ofEndpoint)
    await writeElsewhere("UPDATE endpoints SET disabled_at = 1, disabled_by = 'user'")
    expect(await owners.find(ofEndpoint)).toMatchObject({ obstacle: null })
    expect(await owners.findNow(ofEndpoint)).toMatchObject({ obstacle: 'disabled' })
    await writeElsewhere('DELETE FROM endpoints')
    nowMs += rememberedMs
    expect(await owners.find(ofEndpoint)).toMatchObject({ obstacle: 'endpoint_deleted' })
  })

  it('sees its own changes at once', async () => {
    await owners.subscriptions()
    await anEndpoint()
    expect(await owners.subscriptions()).toHaveLength(1)
    await updateEndpoint(db, 'ep_1', { url: 'https://moved.test/', secret: 'new' })
    expect(await owners.find(ofEndpoint)).toMatchObject({
      url: 'https://moved.test/',
      encryptedSecrets: ['new'],
    })
    await disableOwner(db, ofEndpoint, 1, 2)
    expect([await owners.subscriptions(), (await owners.find(ofEndpoint)).obstacle]).toEqual([[], 'disabled'])
    await deleteEndpoint(db, 'ep_1')
    expect(await owners.find(ofEndpoint)).toMatchObject({ obstacle: 'endpoint_deleted' })

    const key = await aKey()
    await owners.find(ofKey)
    await replaceSecret(db, key, { callbackSecret: 'new' })
    expect(await owners.find(ofKey)).toMatchObject({ encryptedSecrets: ['new'] })
    await disableOwner(db, ofKey, 1, 2)
    expect(await owners.find(ofKey)).toMatchObject({ obstacle: 'disabled' })
    await enableCallbacks(db, 'key_1')
    expect(await owners.find(ofKey)).toMatchObject({ obstacle: null })
    expect(await owners.callerByHash('hash')).toMatchObject({ keyId: 'key_1' })
    await revokeApiKey(db, 'key_1', 5)
    expect(await owners.callerByHash('hash')).toBeNull()
  })

  it('does not remember that a key does not exist', async () => {
    expect(await owners.callerByHash('hash')).toBeNull()
    await writeElsewhere(
      "INSERT INTO api_keys (id, name, hash, callback_secret, created_at) VALUES ('key_1', 'n8n', 'hash', 'sealed', 1)",
    )
    expect(await owners.callerByHash('hash')).toMatchObject({ keyId: 'key_1' })
  })

  it('forgets what it was reading while it wrote', async () => {
    await anEndpoint()
    const reading = owners.subscriptions()
    forgetOwners()
    await reading
    expect(await callsOf(() => owners.subscriptions())).toBeGreaterThan(0)
  })
})
