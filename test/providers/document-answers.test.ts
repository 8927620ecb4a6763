/** The tables of answers of the source documents, row by row: what each makes Reelhook believe. */
import { describe, expect, it } from 'vitest'
import { aSubmission, aTask, type Reply, taskId } from './a-submission.ts'
import { anAimlapi } from './aimlapi/a-aimlapi.ts'
import { aCrun, aTaskInfo } from './crun/a-crun.ts'
import { aLine, aSubmissionOf } from './documents/a-line.ts'
import { aimlapiMini, responses, statuses } from './documents/aimlapi-mini.ts'
import { codes } from './documents/crun-mini-r2v.ts'
import { anAsset, aScenario, videoUrl } from './scenario/a-scenario.ts'

describe('Crun', () => {
  const inTheStatus = (code: number, data: unknown): Reply => ({ status: code, json: { message: '…', data } })
  const inTheBody = (code: number, data: unknown): Reply => ({ json: { code, message: '…', data } })
  const ways = [
    ['the HTTP status', inTheStatus],
    ['the body under HTTP 200', inTheBody],
  ] as const

  describe.each(ways)('says it in %s', (_, say) => {
    it.each(codes)('%i, %s: to a submission %s', async (code, _meaning, submitted) => {
      const { provider, sent } = aCrun(say(code, submitted === null ? { task_id: taskId } : null))
      expect(await provider.submit(aSubmission())).toMatchObject(
        submitted === null
          ? { ok: true, value: { providerTaskId: taskId } }
          : { ok: false, fault: { code: submitted } },
      )
      expect(sent).toHaveLength(1)
    })

    it.each(codes)('%i, %s: to a question not %s but %s', async (code, _meaning, _submitted, asked) => {
      const { provider } = aCrun(say(code, asked === null ? aTaskInfo() : null))
      const fault = asked === null ? {} : { fault: { code: asked } }
      // A generation that failed is an answer to the question, and the end of the task.
      const value = asked === null ? { state: 'pending' } : { state: 'failed', ...fault }
      const isAnswer = asked === null || asked === 'generation_failed'
      expect(await provider.getStatus(aTask({ provider: 'crun' }))).toMatchObject(
        isAnswer ? { ok: true, value } : { ok: false, ...fault },
      )
    })
  })

  it('keeps the message of a failure as evidence', async () => {
    const { provider } = aCrun({ json: { code: 422, message: 'Validation Error' } })
    expect(await provider.submit(aSubmission())).toMatchObject({
      fault: { evidence: { code: 422, message: 'Validation Error' } },
    })
  })
})

describe('AI/ML API', () => {
  const words = Object.entries(statuses)
  const task = aTask({ provider: 'aimlapi' })
  const ask = (generation: Record<string, unknown>) =>
    anAimlapi({ json: { id: taskId, ...generation } }).provider.getStatus(task)

  it.each(words)('names the generation by id, whatever its status: %s', async (status) => {
    const { provider } = anAimlapi({ json: { id: taskId, status } })
    expect(await provider.submit(aSubmission())).toEqual({ ok: true, value: { providerTaskId: taskId } })
  })

  it.each(words)('says "%s" of a task that is %s', async (status, state) => {
    const video = status === 'completed' ? { url: videoUrl } : null
    expect(await ask({ status, video })).toMatchObject({ ok: true, value: { state } })
    expect(await ask({ status, video })).not.toHaveProperty('value.unknownStatus')
  })

  it.each(responses)('has the row %s, in a generation that is %s', async (_, status, fields, outcome) => {
    const checked = await ask({ status, ...fields })
    expect(checked).toMatchObject({ ok: true, value: { state: statuses[status], ...outcome } })
    expect(checked.ok && 'cost' in checked.value).toBe('cost' in outcome)
    // The answer to a submission has the same rows; there only the name counts, for the truth is asked.
    const { provider } = anAimlapi({ json: { id: taskId, status, ...fields } })
    expect(await provider.submit(aSubmission())).toEqual({ ok: true, value: { providerTaskId: taskId } })
  })

  it('says all of its status words at the simulator, and each means the same there', async () => {
    const said: [unknown, string][] = []
    for (const prompt of ['A paper boat', 'A paper boat sim(fail=provider)']) {
      const line = aLine(aimlapiMini)
      const submitted = await line.provider.submit(aSubmissionOf(aimlapiMini, { prompt }, line))
      if (!submitted.ok) throw new Error(submitted.fault.message)
      for (const waitMs of [0, 2_000, 20_000]) {
        await line.advance(waitMs)
        const checked = await line.provider.getStatus({ ...task, ...submitted.value })
        said.push([line.heard.at(-1), checked.ok ? checked.value.state : checked.fault.code])
      }
    }
    expect(said).toMatchObject(
      ['queued', 'generating', 'completed', 'queued', 'generating', 'error'].map((status) => [
        { status },
        statuses[status as keyof typeof statuses],
      ]),
    )
  })
})

describe('Scenario', () => {
  it.each([{ job: { jobId: 'job_abc123', status: 'queued' } }, { jobId: 'job_abc123' }])(
    'names the job by jobId: %j',
    async (json) => {
      const { provider } = aScenario({ json })
      expect(await provider.submit(aSubmission())).toEqual({
        ok: true,
        value: { providerTaskId: 'job_abc123' },
      })
    },
  )

  it('is done when job.status is "success", with the assets of job.metadata.assetIds', async () => {
    const example = {
      job: { jobId: 'job_abc123', status: 'success', metadata: { assetIds: ['asset_abc123'] } },
    }
    const { provider, sent } = aScenario({ json: example }, anAsset())
    const checked = await provider.getStatus(aTask({ provider: 'scenario', providerTaskId: 'job_abc123' }))
    expect(checked).toMatchObject({
      ok: true,
      value: { state: 'done', outputs: [{ id: 'asset_abc123', url: videoUrl }] },
    })
    expect(sent[1]?.url).toBe('https://api.cloud.scenario.com/v1/assets/asset_abc123')
  })
})
