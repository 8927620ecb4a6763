/**
 * stand-in: a task's end where time has run out and its provider cannot be asked. Whoever has found a callback URL can
 * post to it, so a webhook's video counts only if nothing contradicts it and it lies where this provider's videos lie.
 * What stands in is marked unconfirmed.
 */
import type { Context } from '../../context.ts'
import { isAtHost } from '../../core/url/policy.ts'
import type { Provider, RemoteOutput } from '../../providers/provider.ts'
import { hostsNamedBy } from '../../store/jobs/output-hosts.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { ReceivedItem } from './webhook-hints.ts'

/** Null: nothing may stand in. */
export async function acceptUnconfirmed(
  context: Context,
  provider: Provider | undefined,
  task: Task,
  heard: ReceivedItem[],
): Promise<RemoteOutput[] | null> {
  const announced = announcedOutputs(task, heard)
  if (announced === 'contradictory') return null
  if (announced !== null && provider !== undefined) {
    const { listed, named } = await knownHosts(context, provider)
    const isKnown = (host: string) => named.includes(host) || listed.some((known) => isAtHost(host, known))
    return announced.every(({ url }) => isKnown(hostIn(url) ?? '')) ? announced : null
  }
  return receivedOutput(task)
}

/** The video came by itself. Of different ones nobody can tell which is the provider's. */
export function receivedOutput({ receivedVideo, providerTaskId }: Task): RemoteOutput[] | null {
  if (receivedVideo === null || receivedVideo.others > 0 || providerTaskId === null) return null
  return [{ id: providerTaskId, url: null }]
}

type Announced = (RemoteOutput & { url: string })[]

/** Null: too few with a URL were announced. One URL under two ids is one result, one id with two URLs is two. */
function announcedOutputs(task: Task, heard: ReceivedItem[]): Announced | 'contradictory' | null {
  const outcomes = heard
    .filter(({ providerTaskId }) => providerTaskId === task.providerTaskId)
    .map(({ outcome }) => outcome)
  const outputs = outcomes
    .flatMap((outcome) => (outcome.state === 'done' ? outcome.outputs : []))
    .flatMap(({ id, url }) => (url === null ? [] : [{ id, url }]))
  const different = [...new Map(outputs.map((output) => [output.url, output])).values()]
  const failures = outcomes.filter(({ state }) => state === 'failed').length
  if (different.length + Math.min(failures, task.wanted) > task.wanted) return 'contradictory'
  return different.length === task.wanted ? different : null
}

/** Where a provider's videos lie: as the operator lists it, or else by its documents and its status answers. */
export async function knownHosts(
  { config, db }: Pick<Context, 'config' | 'db'>,
  { name, outputHosts }: Pick<Provider, 'name' | 'outputHosts'>,
): Promise<{ listed: readonly string[]; named: readonly string[] }> {
  if (config.outputHosts !== undefined) return { listed: config.outputHosts, named: [] }
  return { listed: outputHosts ?? [], named: await hostsNamedBy(db, name) }
}

export function hostIn(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null
}
