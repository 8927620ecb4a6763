/**
 * The results of one task, each counted once. A response may list a result twice, several webhooks may announce the
 * same result, and a result may be mentioned before it has a URL.
 */
import type { RemoteOutput } from './provider.ts'

export function distinctOutputs(outputs: readonly RemoteOutput[], taskId: string): RemoteOutput[] {
  return groupOutputs(outputs, taskId).map((group) => mergeOutputs(group, taskId))
}

/** Groups the mentions of each result, in the order of their first mention. */
export function groupOutputs<Output extends RemoteOutput>(
  outputs: readonly Output[],
  taskId: string,
): Output[][] {
  const groups: Output[][] = []
  for (const output of outputs) {
    const same = groups.filter((group) => group.some((other) => isSame(other, output, taskId)))
    const others = groups.filter((group) => !same.includes(group))
    groups.splice(0, groups.length, ...others, [...same.flat(), output])
  }
  const first = ([output]: Output[]) => (output === undefined ? 0 : outputs.indexOf(output))
  return groups.sort((a, b) => first(a) - first(b))
}

/** Merges all mentions of one result. The id is the provider's, if any mention has it; the URL is the latest. */
export function mergeOutputs(mentions: readonly RemoteOutput[], taskId: string): RemoteOutput {
  const url = mentions.findLast((mention) => mention.url !== null)?.url ?? null
  const named = mentions.find(({ id, url }) => id !== url && !(id === taskId && url === null))
  return { id: named?.id ?? url ?? taskId, url }
}

function isSame(a: RemoteOutput, b: RemoteOutput, taskId: string): boolean {
  if (a.id === b.id || (a.url !== null && a.url === b.url)) return true
  return [a, b].some(({ id, url }) => id === taskId && url === null)
}
