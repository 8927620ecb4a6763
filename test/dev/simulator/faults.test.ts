import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/dev/simulator/simulator.ts'
import { aCrunTask, aRunwareTask, aSimulator } from './a-simulator.ts'

const aRunwareTaskThat = (directive: string, overrides = {}) =>
  aRunwareTask({ positivePrompt: `a paper boat sim(${directive})`, ...overrides })
const aCrunTaskThat = (directive: string) => aCrunTask({ prompt: `a paper boat sim(${directive})` })

describe('a submit that is refused on purpose', () => {
  it.each([
    ['429', 429, 'rateLimitExceeded', 429],
    ['402', 402, 'insufficientCredits', 402],
    ['403', 403, 'unauthorized', 403],
    ['455', 503, 'serviceUnavailable', 455],
    ['503', 503, 'serviceUnavailable', 455],
    ['505', 403, 'unauthorized', 505],
    ['500-before', 500, 'internalServerError', 500],
  ])('submit=%s bills nothing', async (fault, runwareStatus, code, crunCode) => {
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

  it('is let in after as many tries as were asked for', async () => {
    const { runware, crun, simulator } = aSimulator()
    const task = aRunwareTaskThat('submit=429*2')
    const twin = aCrunTaskThat('submit=429*2')
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await runware(task)).status)
    for (const _ of [1, 2, 3]) statuses.push((await crun('job/CreateTask', twin)).status)
    expect(statuses).toEqual([429, 429, 200, 429, 429, 200])
    expect(simulator.tasks()).toHaveLength(2)
  })

  it('counts the tries of each task on its own', async () => {
    const { runware } = aSimulator()
    expect((await runware(aRunwareTaskThat('submit=429*1'))).status).toBe(429)
    expect((await runware(aRunwareTaskThat('submit=429*1'))).status).toBe(429)
  })
})

describe('a submit whose answer is lost', () => {
  it('costs nothing where the connection broke before', async () => {
    const { runware, crun, simulator } = aSimulator()
    await expect(runware(aRunwareTaskThat('submit=reset-before'))).rejects.toThrow(ConnectionLost)
    await expect(crun('job/CreateTask', aCrunTaskThat('submit=reset-before'))).rejects.toThrow(ConnectionLost)
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('is billed where it broke after, and Runware still knows the task', async () => {
    const { runware, look, simulator, advance, heard } = aSimulator()
    const task = aRunwareTaskThat('submit=lost-after')
    await expect(runware(task)).rejects.toThrow(ConnectionLost)
    expect(simulator.tasks()).toHaveLength(1)
    expect((await runware(task)).body.errors[0].code).toBe('conflictTaskUUID')
    await advance(11_000)
    expect((await look(task.taskUUID)).body.data[0].status).toBe('success')
    expect(heard).toHaveLength(1)
  })

  it('is billed again each time Crun is asked again', async () => {
    const { crun, simulator, advance, heard } = aSimulator()
    const task = aCrunTaskThat('submit=lost-after*1')
    await expect(crun('job/CreateTask', task)).rejects.toThrow(ConnectionLost)
    expect((await crun('job/CreateTask', task)).status).toBe(200)
    expect(simulator.tasks()).toHaveLength(2)
    await advance(11_000)
    expect(heard).toHaveLength(2)
  })

  it('is billed where the answer was a 500', async () => {
    const { runware, crun, simulator } = aSimulator()
    expect((await runware(aRunwareTaskThat('submit=500-after'))).status).toBe(500)
    expect((await crun('job/CreateTask', aCrunTaskThat('submit=500-after'))).status).toBe(500)
    expect(simulator.tasks()).toHaveLength(2)
  })
})

describe('a status question that goes wrong', () => {
  it.each([
    ['500*3', [500, 500, 500, 200]],
    ['404*2', [404, 404, 200, 200]],
    ['odd*2', [200, 200, 200, 200]],
    ['empty*1', [200, 200, 200, 200]],
    ['failed*1', [200, 200, 200, 200]],
    ['409*1', [409, 200, 200, 200]],
    ['455*2', [455, 455, 200, 200]],
  ])('poll=%s is answered in the end', async (fault, expected) => {
    const { runware, look, crun, advance } = aSimulator()
    const task = aRunwareTaskThat(`poll=${fault}`)
    await runware(task)
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat(`poll=${fault}`))).body.data
    await advance(11_000)
    const runwareAnswers = [1, 2, 3, 4].map(() => look(task.taskUUID))
    const crunAnswers = [1, 2, 3, 4].map(() => crun(`job/TaskInfo?task_id=${task_id}`))
    expect((await Promise.all(runwareAnswers)).map(({ status }) => status)).toEqual(expected)
    expect((await Promise.all(crunAnswers)).map(({ status }) => status)).toEqual(expected)
    expect((await look(task.taskUUID)).body.data[0].status).toBe('success')
  })

  it.each(['400', '401', '402', '403', '408', '409', '422', '429', '455', '502', '503'])(
    'is refused with poll=%s, and nothing is said of the task',
    async (status) => {
      const { runware, look, crun } = aSimulator()
      const task = aRunwareTaskThat(`poll=${status}`)
      await runware(task)
      const { task_id } = (await crun('job/CreateTask', aCrunTaskThat(`poll=${status}`))).body.data
      expect(await look(task.taskUUID)).toMatchObject({
        status: Number(status),
        body: { data: [], errors: [{ taskType: 'getResponse', taskUUID: task.taskUUID }] },
      })
      expect(await crun(`job/TaskInfo?task_id=${task_id}`)).toEqual({
        status: Number(status),
        body: { code: Number(status), message: expect.any(String) },
      })
    },
  )

  it('says once of a task that goes on that it has failed', async () => {
    const { runware, look, crun } = aSimulator()
    const task = aRunwareTaskThat('poll=failed*1')
    await runware(task)
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat('poll=failed*1'))).body.data
    expect((await look(task.taskUUID)).body).toMatchObject({ errors: [{ code: 'providerError' }] })
    expect((await look(task.taskUUID)).body).toMatchObject({ data: [{ status: 'processing' }] })
    const statuses = [1, 2].map(() => crun(`job/TaskInfo?task_id=${task_id}`))
    expect((await Promise.all(statuses)).map(({ body }) => body.data.status)).toEqual(['failed', 'pending'])
  })

  it('says a word nobody knows', async () => {
    const { runware, look, crun } = aSimulator()
    const task = aRunwareTaskThat('poll=odd')
    await runware(task)
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat('poll=odd'))).body.data
    expect((await look(task.taskUUID)).body.data[0].status).toBe('reticulating')
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
    const { runware, look, crun, advance, simulator, heard } = aSimulator()
    const task = aRunwareTaskThat(`fail=${fault}`, { numberResults: 2 })
    await runware(task)
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat(`fail=${fault}`))).body.data
    await advance(12_000)

    const error = { code, status: 'error', taskUUID: task.taskUUID }
    expect(await look(task.taskUUID)).toMatchObject({
      status: 200,
      body: { data: [], errors: [error, error] },
    })
    const { data } = (await crun(`job/TaskInfo?task_id=${task_id}`)).body
    expect(data).toMatchObject({
      status: 'failed',
      credits: 0,
      result: { code: 501, message: expect.any(String) },
    })
    expect(heard.map(({ body }) => body)).toEqual(expect.arrayContaining([data]))
    expect(simulator.tasks().map(({ billedUsd }) => billedUsd)).toEqual([0, 0])
  })

  it('loses only the last of several results', async () => {
    const { runware, look, advance, simulator, heard } = aSimulator()
    const task = aRunwareTaskThat('fail=some', { numberResults: 3 })
    await runware(task)
    await advance(12_000)
    const { status, body } = await look(task.taskUUID)
    expect(status).toBe(200)
    expect(body.data).toHaveLength(2)
    expect(body.errors).toMatchObject([{ code: 'providerError', taskUUID: task.taskUUID }])
    expect(heard).toHaveLength(3)
    expect(simulator.tasks()[0]?.billedUsd).toBeCloseTo(0.36)
  })
})

describe('a result named twice', () => {
  it('stands twice in each answer and each webhook, while another is made', async () => {
    const { runware, look, advance, heard } = aSimulator()
    const task = aRunwareTaskThat('named=twice, apart=60', { numberResults: 2 })
    await runware(task)
    await advance(12_000)
    const ids = (items: { videoUUID: string }[]) => items.map(({ videoUUID }) => videoUUID)
    const early = ids((await look(task.taskUUID)).body.data)
    expect([early.length, new Set(early).size]).toEqual([2, 1])
    expect(heard.map(({ body }) => body)).toMatchObject([{ data: [{}, {}] }])
    await advance(60_000)
    const late = ids((await look(task.taskUUID)).body.data)
    expect([late.length, new Set(late).size]).toEqual([4, 2])
  })

  it('stands twice among the URLs of Crun', async () => {
    const { crun, advance } = aSimulator()
    const { task_id } = (await crun('job/CreateTask', aCrunTaskThat('named=twice'))).body.data
    await advance(11_000)
    const { media_urls } = (await crun(`job/TaskInfo?task_id=${task_id}`)).body.data.result
    expect([media_urls.length, new Set(media_urls).size]).toEqual([2, 1])
  })
})

describe('a directive nobody understands', () => {
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
  ])('is refused by both: %s', async (directive) => {
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
    'is refused by Crun, which has no such thing: %s',
    async (directive) => {
      const { crun } = aSimulator()
      expect((await crun('job/CreateTask', aCrunTaskThat(directive))).status).toBe(422)
    },
  )
})
