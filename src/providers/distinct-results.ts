/**
 * The results of one task, each counted once. An answer may list a result twice, several webhooks may announce the same
 * one, and a result may be named before its URL is.
 */
import type { RemoteOutput } from './provider.ts'

export function distinctOutputs(outputs: readonly RemoteOutput[], taskId: string): RemoteOutput[] {
  return groupOutputs(outputs, taskId).map((group) => mergeOutputs(group, taskId))
}

/** Mentions of the same result together, in the order of their first mention. */
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

/** One result from all mentions of it: its own name rather than a stand-in, and the latest URL. */
export function mergeOutputs(mentions: readonly RemoteOutput[], taskId: string): RemoteOutput {
  const url = mentions.findLast((mention) => mention.url !== null)?.url ?? null
  const named = mentions.find(({ id, url }) => id !== url && !(id === taskId && url === null))
  return { id: named?.id ?? url ?? taskId, url }
}

function isSame(a: RemoteOutput, b: RemoteOutput, taskId: string): boolean {
  if (a.id === b.id || (a.url !== null && a.url === b.url)) return true
  return [a, b].some(({ id, url }) => id === taskId && url === null)
}
