/** The response tables of the source documents, row by row, and the result of each row. */
import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, type Reply, taskId } from './a-submission.ts'
import { anAimlapi } from './aimlapi/a-aimlapi.ts'
import { aCrun, aTaskInfo } from './crun/a-crun.ts'
import { aConnection, aSubmissionOf } from './documents/a-connection.ts'
import { aimlapiMini, responses, statuses } from './documents/aimlapi-mini.ts'
import { codes } from './documents/crun-mini-r2v.ts'
import { anAsset, aScenario, videoUrl } from './scenario/a-scenario.ts'

describe('a documented response of Crun', () => {
  const inTheStatus = (code: number, data: unknown): Reply => ({ status: code, json: { message: '…', data } })
  const inTheBody = (code: number, data: unknown): Reply => ({ json: { code, message: '…', data } })
  const ways = [
    ['the HTTP status', inTheStatus],
    ['the body under HTTP 200', inTheBody],
  ] as const

  describe.each(ways)('with its code in %s', (_, replyWith) => {
    it.each(codes)('%i, %s, to a submission has the fault %s', async (code, _meaning, submitted) => {
      const { provider, sent } = aCrun(replyWith(code, submitted === null ? { task_id: taskId } : null))
      expect(await provider.submit(aSubmission())).toMatchObject(
        submitted === null
          ? { ok: true, value: { providerTaskId: taskId } }
          : { ok: false, fault: { code: submitted } },
      )
      expect(sent).toHaveLength(1)
    })

    it.each(codes)(
      '%i, %s, to a submission has the fault %s, to a status request %s',
      async (code, _meaning, _submitted, polled) => {
        const { provider } = aCrun(replyWith(code, polled === null ? aTaskInfo() : null))
        const fault = polled === null ? {} : { fault: { code: polled } }
        // A failed generation is a valid status, and the end of the task.
        const value = polled === null ? { state: 'pending' } : { state: 'failed', ...fault }
        const isOutcome = polled === null || polled === 'generation_failed'
        expect(await provider.getStatus(aTask({ provider: 'crun' }))).toMatchObject(
          isOutcome ? { ok: true, value } : { ok: false, ...fault },
        )
      },
    )
  })

  it('stores the message of a refusal as evidence', async () => {
    const { provider } = aCrun({ json: { code: 422, message: 'Validation Error' } })
    expect(await provider.submit(aSubmission())).toMatchObject({
      fault: { evidence: { code: 422, message: 'Validation Error' } },
    })
  })
})

describe('a documented response of AI/ML API', () => {
  const words = Object.entries(statuses)
  const task = aTask({ provider: 'aimlapi' })
  const poll = (generation: Record<string, unknown>) =>
    anAimlapi({ json: { id: taskId, ...generation } }).provider.getStatus(task)

  it.each(words)('to a submission has the id of the generation with the status %s', async (status) => {
    const { provider } = anAimlapi({ json: { id: taskId, status } })
    expect(await provider.submit(aSubmission())).toEqual({ ok: true, value: { providerTaskId: taskId } })
  })

  it.each(words)('with the status "%s" means %s', async (status, state) => {
    const video = status === 'completed' ? { url: videoUrl } : null
    expect(await poll({ status, video })).toMatchObject({ ok: true, value: { state } })
    expect(await poll({ status, video })).not.toHaveProperty('value.unknownStatus')
  })

  it.each(responses)(
    'with the row %s and the status %s is an outcome',
    async (_, status, fields, outcome) => {
      const result = await poll({ status, ...fields })
      expect(result).toMatchObject({ ok: true, value: { state: statuses[status], ...outcome } })
      expect(result.ok && 'cost' in result.value).toBe('cost' in outcome)
      // The response to a submission has the same rows, but only its id counts; the status is polled.
      const { provider } = anAimlapi({ json: { id: taskId, status, ...fields } })
      expect(await provider.submit(aSubmission())).toEqual({ ok: true, value: { providerTaskId: taskId } })
    },
  )

  it('has every status word at the simulator, with the same meaning', async () => {
    const seen: [unknown, string][] = []
    for (const prompt of ['A paper boat', 'A paper boat sim(fail=provider)']) {
      const connection = aConnection(aimlapiMini)
      const submitted = await connection.provider.submit(aSubmissionOf(aimlapiMini, { prompt }, connection))
      if (!submitted.ok) throw new Error(submitted.fault.message)
      for (const waitMs of [0, 2_000, 20_000]) {
        await connection.advance(waitMs)
        const status = await connection.provider.getStatus({ ...task, ...submitted.value })
        seen.push([connection.received.at(-1), status.ok ? status.value.state : status.fault.code])
      }
    }
    expect(seen).toMatchObject(
      ['queued', 'generating', 'completed', 'queued', 'generating', 'error'].map((status) => [
        { status },
        statuses[status as keyof typeof statuses],
      ]),
    )
  })
})

describe('a documented response of Scenario', () => {
  it.each([{ job: { jobId: 'job_abc123', status: 'queued' } }, { jobId: 'job_abc123' }])(
    'to a submission has the job id in jobId: %j',
    async (json) => {
      const { provider } = aScenario({ json })
      expect(await provider.submit(aSubmission())).toEqual({
        ok: true,
        value: { providerTaskId: 'job_abc123' },
      })
    },
  )

  it('is done if job.status is "success", with the assets in job.metadata.assetIds', async () => {
    const example = {
      job: { jobId: 'job_abc123', status: 'success', metadata: { assetIds: ['asset_abc123'] } },
    }
    const { provider, sent } = aScenario({ json: example }, anAsset())
    const status = await provider.getStatus(aTask({ provider: 'scenario', providerTaskId: 'job_abc123' }))
    expect(status).toMatchObject({
      ok: true,
      value: { state: 'done', outputs: [{ id: 'asset_abc123', url: videoUrl }] },
    })
    expect(sent[1]?.url).toBe('https://api.cloud.scenario.com/v1/assets/asset_abc123')
  })
})
