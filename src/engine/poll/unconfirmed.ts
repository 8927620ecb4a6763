/**
 * The end of a task whose provider could not be polled until time ran out. A leaked callback URL lets anyone post, so a
 * webhook's video is accepted only if no other webhook contradicts it and its host is one of this provider's. The
 * output is marked as unconfirmed.
 */
import type { Config } from '../../config.ts'
import type { Context } from '../../context.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { isAtHost } from '../../core/url/policy.ts'
import type { Provider, RemoteOutput } from '../../providers/provider.ts'
import { hostsNamedBy } from '../../store/jobs/output-hosts.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { ReceivedItem } from './hints.ts'

/** Null: nothing that was received may be accepted. */
export async function acceptUnconfirmed(
  context: Context,
  provider: Provider | undefined,
  task: Pick<Task, 'providerTaskId' | 'wanted'>,
  items: ReceivedItem[],
): Promise<RemoteOutput[] | null> {
  const announced = announcedOutputs(task, items)
  if (announced === 'contradictory') return null
  if (announced !== null && provider !== undefined) {
    const { listed, named } = await knownHosts(context, provider)
    const isKnown = (host: string) => named.includes(host) || listed.some((known) => isAtHost(host, known))
    return announced.every(({ url }) => isKnown(hostIn(url) ?? '')) ? announced : null
  }
  return acceptUploaded(task, items)
}

/** The video that was uploaded. Null: there is none, or there are several, and any of them may be the provider's. */
export function acceptUploaded(
  { providerTaskId }: Pick<Task, 'providerTaskId'>,
  items: ReceivedItem[],
): RemoteOutput[] | null {
  const outputs = items
    .filter((item) => item.via === 'upload' && item.providerTaskId === providerTaskId)
    .flatMap(({ outcome }) => (outcome.state === 'done' ? outcome.outputs : []))
  return outputs.length === 1 ? outputs : null
}

type AnnouncedOutputs = (RemoteOutput & { url: string })[]

/** Null: too few with a URL. One URL under two ids is one result; one id with two URLs is two results. */
function announcedOutputs(
  { providerTaskId, wanted }: Pick<Task, 'providerTaskId' | 'wanted'>,
  items: ReceivedItem[],
): AnnouncedOutputs | 'contradictory' | null {
  const outcomes = items
    .filter((item) => item.providerTaskId === providerTaskId)
    .map(({ outcome }) => outcome)
  const outputs = outcomes
    .flatMap((outcome) => (outcome.state === 'done' ? outcome.outputs : []))
    .flatMap(({ id, url }) => (url === null ? [] : [{ id, url }]))
  const distinct = [...new Map(outputs.map((output) => [output.url, output])).values()]
  const failures = outcomes.filter(({ state }) => state === 'failed').length
  if (distinct.length + Math.min(failures, wanted) > wanted) return 'contradictory'
  return distinct.length === wanted ? distinct : null
}

/** The hosts of a provider's videos: the operator's list, or else those in its documents and status responses. */
export async function knownHosts(
  { config, databases }: Pick<Context, 'config' | 'databases'>,
  { name, outputHosts }: Pick<Provider, 'name' | 'outputHosts'>,
): Promise<{ listed: readonly string[]; named: readonly string[] }> {
  const allowed = allowedHosts(config, name)
  if (allowed !== undefined) return { listed: allowed, named: [] }
  return { listed: outputHosts ?? [], named: await hostsNamedBy({ databases }, name) }
}

/** OUTPUT_HOSTS. The Worker itself serves the videos of the simulator, and those of no other provider. */
export function allowedHosts(
  { outputHosts, publicBaseUrl }: Pick<Config, 'outputHosts' | 'publicBaseUrl'>,
  provider: ProviderName | undefined,
): readonly string[] | undefined {
  if (outputHosts === undefined || provider !== 'simulator') return outputHosts
  return [...outputHosts, new URL(publicBaseUrl).hostname]
}

export function hostIn(url: string): string | null {
  return URL.canParse(url) ? new URL(url).hostname : null
}
