/** Deliveries of one batch on the platform, where six calls of an invocation may wait for an answer at once. */
import { beforeEach, expect, it } from 'vitest'
import { deliver } from '../../src/deliveries/deliver.ts'
import { insertDeliveries } from '../support/deliveries.ts'
import { aHost, attemptsAt, countDeliveries, delivered, type Host } from '../support/hosts.ts'
import { inQuickTime, processQuickly, sleep } from '../support/quick-time.ts'
import { aContext, deadQueue } from '../support/runtime.ts'
import { select } from '../support/storage.ts'

const seconds = 1_000

beforeEach(async () => {
  await select('DELETE FROM deliveries')
  await select('DELETE FROM hosts')
})

function aSilentHost(): Host {
  const host = aHost()
  host.answer(async (request) => {
    await sleep(3_600 * seconds, request)
    return new Response('too late')
  })
  return host
}

function aHealthyHost(): Host {
  const host = aHost()
  host.answer(async (request) => {
    await sleep(200, request)
    return new Response('taken')
  })
  return host
}

it.each([
  ['six silent hosts', () => Array.from({ length: 6 }, aSilentHost)],
  ['one silent host', () => Array(6).fill(aSilentHost())],
])('reach the healthy hosts at the first attempt beside six deliveries to %s', async (_, silentHosts) => {
  const silent: Host[] = silentHosts()
  const healthy = Array.from({ length: 4 }, aHealthyHost)
  const ids = []
  for (const { url } of [...silent, ...healthy]) ids.push(...(await insertDeliveries(1, url)))
  await processQuickly(
    'reelhook-deliveries',
    ids.map((delivery) => ({ delivery })),
  )
  expect(await countDeliveries(ids, `${delivered} AND attempts = 1`)).toBe(4)
  for (const host of healthy) {
    expect(await attemptsAt(host)).toBe(1)
    expect(await host.row()).toBeUndefined()
  }
  for (const host of new Set(silent)) expect(await host.row()).toMatchObject({ failures: expect.any(Number) })
  expect(await countDeliveries(ids, "status = 'pending' AND attempts = 1")).toBe(6)
})

it('are no attempt if no connection is free, and no failure of the host', async () => {
  const host = aHealthyHost()
  const [id = ''] = await insertDeliveries(1, host.url)
  const busy = aHost()
  busy.answer(async (request) => {
    await sleep(31 * seconds, request)
    return new Response('busy')
  })
  await inQuickTime(async (DB) => {
    const context = aContext({}, { DB, JOBS: deadQueue, DELIVERIES: deadQueue })
    const call = () => context.fetch(new Request(busy.url), () => undefined)
    await Promise.all([...Array.from({ length: 4 }, call), deliver(context, id)])
  })
  expect(host.called.calls).toBe(0)
  expect(await attemptsAt(host)).toBe(0)
  expect(await host.row()).toBeUndefined()
  expect(await countDeliveries([id], "status = 'pending' AND attempts = 0 AND lease IS NULL")).toBe(1)
  await processQuickly('reelhook-deliveries', [{ delivery: id }])
  expect(await countDeliveries([id], `${delivered} AND attempts = 1`)).toBe(1)
})
