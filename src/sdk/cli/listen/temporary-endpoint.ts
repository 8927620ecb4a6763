/** The endpoint of one run of `listen`, and those that crashed runs of this machine have left. */
import { hostname } from 'node:os'
import { ReelhookError } from '../../client/index.ts'
import type { Api } from '../api.ts'
import type { Machine } from './machine.ts'
import { isListening } from './receiver.ts'

interface NewEndpoint {
  url: string
  /** The port of the receiver on this machine. */
  port: number
  eventTypes: EventTypes
}

/** Ctrl-C does not end a call: what it has created must be deleted. */
export const call = { timeout: 30_000 }

export type EventTypes = NonNullable<Parameters<Api['createEndpoint']>[0]['body']['event_types']>

export async function createTemporary(
  api: Api,
  { id, secret }: Machine,
  { url, port, eventTypes }: NewEndpoint,
): Promise<string> {
  const description = `reelhook listen on ${hostname()}, machine ${id}, port ${port}`
  const endpoint = await api.createEndpoint(
    { body: { url, description, event_types: eventTypes, secret } },
    call,
  )
  return endpoint.id
}

/**
 * Deletes the endpoints of this machine's runs that are over. A run that is alive listens on its port; `port` is that of
 * this run, so an endpoint that names it is over too.
 */
export async function deleteLeftovers(api: Api, machine: Machine, port: number): Promise<string[]> {
  const { data } = await api.listEndpoints({}, call)
  const candidates = data.flatMap(({ id, description }) => {
    const [, machineId, theirs] = /, machine ([0-9a-f]+), port (\d+)$/.exec(description ?? '') ?? []
    return machineId === machine.id ? [{ id, port: Number(theirs) }] : []
  })
  const isOver = async (theirs: number) => theirs === port || !(await isListening(theirs, machine.id))
  const checked = await Promise.all(candidates.map(async (one) => ((await isOver(one.port)) ? [one.id] : [])))
  const leftovers = checked.flat()
  await Promise.all(leftovers.map((id) => deleteEndpoint(api, id)))
  return leftovers
}

/** It may be deleted already, by another run or by hand. The end of a run does not wait long. */
export async function deleteEndpoint(api: Api, id: string): Promise<void> {
  try {
    await api.deleteEndpoint({ path: { id } }, { timeout: 5_000, retry: { retries: 1 } })
  } catch (error) {
    if (!(error instanceof ReelhookError && error.status === 404)) throw error
  }
}
