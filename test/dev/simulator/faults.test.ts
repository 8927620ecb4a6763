import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/dev/simulator/simulator.ts'
import { aCrunTask, aRunwareTask, aSimulator } from './a-simulator.ts'

const aRunwareTaskThat = (directive: string, overrides = {}) =>
  aRunwareTask({ positivePrompt: `a paper boat sim(${directive})`, ...overrides })
const aCrunTaskThat = (directive: string) => aCrunTask({ prompt: `a paper boat sim(${directive})` })

describe('a submit with a refusal directive', () => {
  it.each([
    ['429', 429, 'rateLimitExceeded', 429],
    ['402', 402, 'insufficientCredits', 402],
    ['403', 403, 'unauthorized', 403],
    ['455', 503, 'serviceUnavailable', 455],
    ['503', 503, 'serviceUnavailable', 455],
    ['505', 403, 'unauthorized', 505],
    ['500-before', 500, 'internalServerError', 500],
  ])('submit=%s is refused and not billed', async (fault, runwareStatus, code, crunCode) => {
    const { runware, crun, simulator } = aSimulator()
    for (const _ of [1, 2, 3]) {
      expect(await runware(aRunwareTaskThat(`submit=${fault}`))).toMatchObject({
        status: runwareStatus,
        body: { data: [], errors: [{ code }] },
      })
      expect(await crun('job/CreateTask', aCrunTaskThat(`submit=${fault}`))).toMatchObject({
        status: crunCode,
        body: { code: crunCode },
      })
    }
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('is accepted after the given number of refusals', async () => {
    const { runware, crun, simulator } = aSimulator()
    const task = aRunwareTaskThat('submit=429*2')
    const crunTask = aCrunTaskThat('submit=429*2')
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await runware(task)).status)
    for (const _ of [1, 2, 3]) statuses.push((await crun('job/CreateTask', crunTask)).status)
    expect(statuses).toEqual([429, 429, 200, 429, 429, 200])
    expect(simulator.tasks()).toHaveLength(2)
  })

  it('counts refusals for each task separately', async () => {
    const { runware } = aSimulator()
    expect((await runware(aRunwareTaskThat('submit=429*1'))).status).toBe(429)
    expect((await runware(aRunwareTaskThat('submit=429*1'))).status).toBe(429)
  })
})

describe('a submit whose response is lost', () => {
  it('is not billed if the connection broke before the submit', async () => {
    const { runware, crun, simulator } = aSimulator()
    await expect(runware(aRunwareTaskThat('submit=reset-before'))).rejects.toThrow(ConnectionLost)
    await expect(crun('job/CreateTask', aCrunTaskThat('submit=reset-before'))).rejects.toThrow(ConnectionLost)
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('is billed if the connection broke after the submit, and Runware has the task', async () => {
    const { runware, getStatus, simulator, advance, webhooks } = aSimulator()
    const task = aRunwareTaskThat('submit=lost-after')
    await expect(runware(task)).rejects.toThrow(ConnectionLost)
    expect(simulator.tasks()).toHaveLength(1)
    expect((await runware(task)).body.errors[0].code).toBe('conflictTaskUUID')
    await advance(11_000)
    expect((await getStatus(task.taskUUID)).body.data[0].status).toBe('success')
    expect(webhooks).toHaveLength(1)
  })

  it('is billed again each time it is sent to Crun again', async () => {
    const { crun, simulator, advance, webhooks } = aSimulator()
    const task = aCrunTaskThat('submit=lost-after*1')
    await expect(crun('job/CreateTask', task)).rejects.toThrow(ConnectionLost)
    expect((await crun('job/CreateTask', task)).status).toBe(200)
    expect(simulator.tasks()).toHaveLength(2)
    await advance(11_000)
    expect(webhooks).toHaveLength(2)
  })

  it('is billed if the response was a 500', async () => {
    const { runware, crun, simulator } = aSimulator()
    expect((await runware(aRunwareTaskThat('submit=500-after'))).status).toBe(500)
    expect((await crun('job/CreateTask', aCrunTaskThat('submit=500-after'))).status).toBe(500)
    expect(simulator.tasks()).toHaveLength(2)
  })
})

describe('a faulty poll', () => {
  it.each([
    ['500*3', [500, 500, 500, 200]],
    ['404*2', [404, 404, 200, 200]],
    ['odd*2', [200, 200, 200, 200]],
    ['empty*1', [200, 200, 200, 200]],
    ['failed*1', [200, 200, 200, 200]],
    ['409*1', [409, 200, 200, 200]],
    ['455*2', [455, 455, 200, 200]],
  ])('poll=%s recovers after the given number of faults', async (fault, expected) => {
    const { runware, getStatus, crun, advance } = aSimulator()
    const task = aRunwareTaskThat(`poll=${fault}`)
    await runware(task)
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat(`poll=${fault}`))).body.data
    await advance(11_000)
    const runwareResponses = [1, 2, 3, 4].map(() => getStatus(task.taskUUID))
    const crunResponses = [1, 2, 3, 4].map(() => crun(`job/TaskInfo?task_id=${task_id}`))
    expect((await Promise.all(runwareResponses)).map(({ status }) => status)).toEqual(expected)
    expect((await Promise.all(crunResponses)).map(({ status }) => status)).toEqual(expected)
    expect((await getStatus(task.taskUUID)).body.data[0].status).toBe('success')
  })

  it.each(['400', '401', '402', '403', '408', '409', '422', '429', '455', '502', '503'])(
    'is refused with poll=%s, without data about the task',
    async (status) => {
      const { runware, getStatus, crun } = aSimulator()
      const task = aRunwareTaskThat(`poll=${status}`)
      await runware(task)
      const { task_id } = (await crun('job/CreateTask', aCrunTaskThat(`poll=${status}`))).body.data
      expect(await getStatus(task.taskUUID)).toMatchObject({
        status: Number(status),
        body: { data: [], errors: [{ taskType: 'getResponse', taskUUID: task.taskUUID }] },
      })
      expect(await crun(`job/TaskInfo?task_id=${task_id}`)).toEqual({
        status: Number(status),
        body: { code: Number(status), message: expect.any(String) },
      })
    },
  )

  it('reports a running task as failed once', async () => {
    const { runware, getStatus, crun } = aSimulator()
    const task = aRunwareTaskThat('poll=failed*1')
    await runware(task)
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat('poll=failed*1'))).body.data
    expect((await getStatus(task.taskUUID)).body).toMatchObject({ errors: [{ code: 'providerError' }] })
    expect((await getStatus(task.taskUUID)).body).toMatchObject({ data: [{ status: 'processing' }] })
    const statuses = [1, 2].map(() => crun(`job/TaskInfo?task_id=${task_id}`))
    expect((await Promise.all(statuses)).map(({ body }) => body.data.status)).toEqual(['failed', 'pending'])
  })

  it('returns an unknown status', async () => {
    const { runware, getStatus, crun } = aSimulator()
    const task = aRunwareTaskThat('poll=odd')
    await runware(task)
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat('poll=odd'))).body.data
    expect((await getStatus(task.taskUUID)).body.data[0].status).toBe('reticulating')
    expect((await crun(`job/TaskInfo?task_id=${task_id}`)).body.data.status).toBe('reticulating')
  })
})

describe('a generation that fails', () => {
  it.each([
    ['moderated', 'contentPolicyViolation'],
    ['provider', 'providerError'],
    ['timeout', 'timeoutProvider'],
    ['canceled', 'taskCancelled'],
  ])('fail=%s is not billed', async (fault, code) => {
    const { runware, getStatus, crun, advance, simulator, webhooks } = aSimulator()
    const task = aRunwareTaskThat(`fail=${fault}`, { numberResults: 2 })
    await runware(task)
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat(`fail=${fault}`))).body.data
    await advance(12_000)

    const error = { code, status: 'error', taskUUID: task.taskUUID }
    expect(await getStatus(task.taskUUID)).toMatchObject({
      status: 200,
      body: { data: [], errors: [error, error] },
    })
    const { data } = (await crun(`job/TaskInfo?task_id=${task_id}`)).body
    expect(data).toMatchObject({
      status: 'failed',
      credits: 0,
      result: { code: 501, message: expect.any(String) },
    })
    expect(webhooks.map(({ body }) => body)).toEqual(expect.arrayContaining([data]))
    expect(simulator.tasks().map(({ billedUsd }) => billedUsd)).toEqual([0, 0])
  })

  it('because the task was canceled comes at once, and is not billed', async () => {
    const { runware, crun, getStatus, advance, simulator, webhooks } = aSimulator()
    const task = aRunwareTask()
    await runware(task)
    const { body: created } = await crun('job/CreateTask', aCrunTask())
    await advance(1_000)
    for (const { taskId } of simulator.tasks()) simulator.cancel(taskId)
    expect((await getStatus(task.taskUUID)).body.errors).toMatchObject([{ code: 'taskCancelled' }])
    const { body: info } = await crun(`job/TaskInfo?task_id=${created.data.task_id}`)
    expect(info.data).toMatchObject({ status: 'failed', credits: 0, result: { code: 501 } })
    expect(simulator.tasks()).toMatchObject(Array(2).fill({ billedUsd: 0, canceledAt: expect.any(Number) }))
    await advance(60_000)
    expect(webhooks).toHaveLength(2)
    for (const { body } of webhooks) expect(JSON.stringify(body)).not.toContain('/media/')
  })

  it('of only the last result bills the others', async () => {
    const { runware, getStatus, advance, simulator, webhooks } = aSimulator()
    const task = aRunwareTaskThat('fail=some', { numberResults: 3 })
    await runware(task)
    await advance(12_000)
    const { status, body } = await getStatus(task.taskUUID)
    expect(status).toBe(200)
    expect(body.data).toHaveLength(2)
    expect(body.errors).toMatchObject([{ code: 'providerError', taskUUID: task.taskUUID }])
    expect(webhooks).toHaveLength(3)
    expect(simulator.tasks()[0]?.billedUsd).toBeCloseTo(0.36)
  })
})

describe('a result with named=twice', () => {
  it('is listed twice in each Runware response and webhook', async () => {
    const { runware, getStatus, advance, webhooks } = aSimulator()
    const task = aRunwareTaskThat('named=twice, apart=60', { numberResults: 2 })
    await runware(task)
    await advance(12_000)
    const ids = (items: { videoUUID: string }[]) => items.map(({ videoUUID }) => videoUUID)
    const early = ids((await getStatus(task.taskUUID)).body.data)
    expect([early.length, new Set(early).size]).toEqual([2, 1])
    expect(webhooks.map(({ body }) => body)).toMatchObject([{ data: [{}, {}] }])
    await advance(60_000)
    const late = ids((await getStatus(task.taskUUID)).body.data)
    expect([late.length, new Set(late).size]).toEqual([4, 2])
  })

  it('is listed twice in the URLs of Crun', async () => {
    const { crun, advance } = aSimulator()
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat('named=twice'))).body.data
    await advance(11_000)
    const { media_urls } = (await crun(`job/TaskInfo?task_id=${task_id}`)).body.data.result
    expect([media_urls.length, new Set(media_urls).size]).toEqual([2, 1])
  })
})

describe('an unknown directive', () => {
  it.each([
    'webhook=never',
    'weather=rain',
    'submit=429*0',
    'submit=418',
    'poll',
    'megabytes=lots',
    'webhook=early+late',
    'webhook=doubled+tripled',
    'webhook=progress-first+reversed',
    'body=html, body=empty',
  ])('is refused by Runware and Crun: %s', async (directive) => {
    const { runware, crun, simulator } = aSimulator()
    const refused = await runware(aRunwareTaskThat(directive))
    expect(refused.status).toBe(400)
    expect(refused.body.errors[0].message).toContain('The simulator does not understand')
    const { status, body } = await crun('job/CreateTask', aCrunTaskThat(directive))
    expect(status).toBe(422)
    expect(body.errors[0]).toContain('The simulator does not understand')
    expect(simulator.tasks()).toHaveLength(0)
  })

  it.each(['fail=some', 'webhook=array'])(
    'is refused by Crun, which does not support it: %s',
    async (directive) => {
      const { crun } = aSimulator()
      expect((await crun('job/CreateTask', aCrunTaskThat(directive))).status).toBe(422)
    },
  )
})
