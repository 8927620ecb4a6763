/** The objects in R2, compared with the bytes that the providers served. */
import type { Row } from '../lives/storage.ts'
import type { Case, Evidence } from './evidence.ts'
import { forEach, type Law } from './law.ts'

export async function lawsOfStoredVideos(evidence: Evidence): Promise<Law[]> {
  const { cases, objectKeys } = evidence
  const stored = cases.flatMap((job) => storedOutputsOf(job).map((row) => ({ job, row })))
  const wrong = await Promise.all(stored.map(({ job, row }) => faultsOfBytes(evidence, job, row)))
  const succeeded = cases.filter(({ rows }) => rows.jobs[0]?.status === 'succeeded')
  const inputs = cases.flatMap(({ rows }) => rows.assets)
  const keys = new Set([...stored.map(({ row }) => row.key), ...inputs.map(({ key }) => key)])
  return [
    {
      name: 'every stored video has the bytes that the provider served',
      checked: stored.length,
      breaches: wrong.flat(),
    },
    forEach('every succeeded job has all outputs, each of them once', succeeded, faultsOfOutputs),
    {
      name: 'every object in R2 belongs to a row',
      checked: objectKeys.length,
      breaches: objectKeys.filter((key) => !keys.has(key) && !key.startsWith('high-water-marks/')),
    },
  ]
}

async function faultsOfBytes({ objectHash, servedHash }: Evidence, { id, bills }: Case, row: Row) {
  const name = `${id}/${row.n}`
  const output = bills
    .flatMap(({ taskId, outputs }) => outputs.map(({ outputId }) => ({ taskId, outputId })))
    // A task with one output may give its own id to the output.
    .find(({ taskId, outputId }) => outputId === row.remote_id || taskId === row.remote_id)
  if (output === undefined) return [`${name} is no output of a task of this job`]
  const [storedHash, expectedHash] = await Promise.all([
    objectHash(String(row.key)),
    servedHash(output.outputId),
  ])
  if (storedHash === null) return [`${name} has no object`]
  const isSame = storedHash === expectedHash && storedHash === row.sha256
  return isSame ? [] : [`${name} has other bytes than the provider served`]
}

function faultsOfOutputs(job: Case): string[] {
  const requested = Number(job.plan.request.count ?? 1)
  const stored = storedOutputsOf(job)
  const isComplete = stored.length === requested && stored.every(({ n }) => Number(n) < requested)
  const isDistinct = new Set(stored.map(({ remote_id }) => remote_id)).size === stored.length
  return isComplete && isDistinct
    ? []
    : [`has ${stored.length} of ${requested} outputs, or one of them twice`]
}

function storedOutputsOf({ rows }: Case): Row[] {
  return rows.outputs.filter(({ status }) => status === 'stored')
}
