/** What was stored: the bytes in R2, held against those that the provider served. */
import type { Case, Evidence } from './evidence.ts'
import type { Law } from './law.ts'
import type { Row } from './storage.ts'

export async function inR2(evidence: Evidence): Promise<Law[]> {
  const stored = evidence.cases.flatMap((known) =>
    known.rows.outputs.filter(({ status }) => status === 'stored').map((row) => ({ known, row })),
  )
  const faithless = await Promise.all(stored.map(({ known, row }) => unfaithful(evidence, known, row)))
  const succeeded = evidence.cases.filter(({ rows }) => rows.jobs[0]?.status === 'succeeded')
  const inputs = evidence.cases.flatMap(({ rows }) => rows.assets)
  const keys = [...stored.map(({ row }) => row.key), ...inputs.map(({ key }) => key)]
  return [
    {
      says: 'every stored video is what the provider served',
      checked: stored.length,
      breaches: faithless.flat(),
    },
    {
      says: 'every job that succeeded has every output, each another one',
      checked: succeeded.length,
      breaches: succeeded.flatMap((known) => incomplete(known)),
    },
    {
      says: 'no object without its row',
      checked: evidence.objectKeys.length,
      breaches: evidence.objectKeys.filter((key) => !keys.includes(key)),
    },
  ]
}

async function unfaithful({ objectHash, servedHash }: Evidence, { id, bills }: Case, row: Row) {
  const name = `${id}/${row.n}`
  const output = bills
    .flatMap(({ taskId, outputs }) => outputs.map(({ outputId }) => ({ taskId, outputId })))
    // Where a task makes one output, its name is the task's.
    .find(({ taskId, outputId }) => outputId === row.remote_id || taskId === row.remote_id)
  if (output === undefined) return [`${name} is nothing that was made for it`]
  const [inR2, served] = await Promise.all([objectHash(String(row.key)), servedHash(output.outputId)])
  if (inR2 === null) return [`${name} has no object`]
  return inR2 === served && inR2 === row.sha256 ? [] : [`${name} has other bytes than were served`]
}

function incomplete({ id, plan, rows }: Case): string[] {
  const asked = Number(plan.request.count ?? 1)
  const stored = rows.outputs.filter(({ status }) => status === 'stored')
  const isWhole = stored.length === asked && stored.every(({ n }) => Number(n) < asked)
  const isDistinct = new Set(stored.map(({ remote_id }) => remote_id)).size === stored.length
  return isWhole && isDistinct ? [] : [`${id} has ${stored.length} of ${asked} outputs, or one twice`]
}
