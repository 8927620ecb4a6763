import { describe, expect, it } from 'vitest'
import { aRunwareTask, aSimulator, webhookUrl } from './a-simulator.ts'

const image = 'https://m.example.test/a.png'
const frames = { width: undefined, height: undefined, inputs: { frameImages: [image] } }

describe('happy', () => {
  it('acknowledges a task once, whatever the number of results', async () => {
    const { runware } = aSimulator()
    const task = aRunwareTask({ numberResults: 3 })
    const { taskType, taskUUID } = task
    expect(await runware(task)).toEqual({ status: 200, body: { data: [{ taskType, taskUUID }] } })
  })

  it('is processing first, then has progress, then the video', async () => {
    const { runware, getStatus, advance } = aSimulator()
    const task = aRunwareTask({ includeCost: true })
    await runware(task)
    const processing = { taskType: 'videoInference', taskUUID: task.taskUUID, status: 'processing' }
    expect((await getStatus(task.taskUUID)).body).toEqual({ data: [processing] })

    await advance(6000)
    expect((await getStatus(task.taskUUID)).body).toEqual({ data: [{ ...processing, progress: 50 }] })

    await advance(5000)
    expect((await getStatus(task.taskUUID)).body.data).toEqual([
      {
        taskType: 'videoInference',
        taskUUID: task.taskUUID,
        status: 'success',
        videoUUID: expect.any(String),
        videoURL: expect.stringMatching(/\/media\/.+\.mp4\?expires=\d+&signature=/),
        seed: expect.any(Number),
        cost: 0.18,
      },
    ])
  })

  it('shows the results one after another, with a webhook for each', async () => {
    const { runware, getStatus, advance, webhooks } = aSimulator()
    const task = aRunwareTask({ numberResults: 3 })
    await runware(task)
    await advance(11_050)
    expect((await getStatus(task.taskUUID)).body.data).toHaveLength(2)
    await advance(50)
    const { data } = (await getStatus(task.taskUUID)).body
    expect(new Set(data.map((item: { videoUUID: string }) => item.videoUUID)).size).toBe(3)
    expect(webhooks.map(({ body }) => body)).toEqual(data)
    expect(webhooks.map(({ url }) => url)).toEqual([webhookUrl, webhookUrl, webhookUrl])
  })

  it('shows the cost only if it is requested', async () => {
    const { runware, getStatus, advance } = aSimulator()
    const task = aRunwareTask()
    await runware(task)
    await advance(11_000)
    expect((await getStatus(task.taskUUID)).body.data[0]).not.toHaveProperty('cost')
  })

  it.each([
    ['text only', aRunwareTask()],
    ['frames without a size', aRunwareTask(frames)],
    [
      'a first and a last frame with a resolution',
      aRunwareTask({
        ...frames,
        resolution: '480p',
        inputs: {
          frameImages: [
            { image, frame: 'first' },
            { image, frame: 'last' },
          ],
        },
      }),
    ],
    ['an image as a data URI', aRunwareTask({ inputs: { referenceImages: ['data:image/png;base64,AAAA'] } })],
    [
      '4k on the standard model',
      aRunwareTask({ model: 'bytedance:seedance@2.0', width: 3840, height: 2160 }),
    ],
  ])('accepts %s', async (_, task) => {
    const { runware, simulator } = aSimulator()
    expect((await runware(task)).status).toBe(200)
    expect(simulator.tasks()).toHaveLength(1)
  })

  it('prices a video reference higher', async () => {
    const { runware, simulator } = aSimulator()
    await runware(aRunwareTask({ inputs: { referenceVideos: ['https://m.example.test/a.mp4'] } }))
    expect(simulator.tasks()[0]?.billedUsd).toBeCloseTo(0.215)
  })

  it('accepts the key in the body', async () => {
    const { get } = aSimulator()
    const task = aRunwareTask()
    const authentication = { taskType: 'authentication', apiKey: 'runware-key' }
    const url = 'https://simulator.example.test/runware/v1'
    const response = await get(url, { method: 'POST', body: JSON.stringify([authentication, task]) })
    expect(response.status).toBe(200)
  })

  it('prices a dry run without running or billing it', async () => {
    const { get, simulator } = aSimulator()
    const response = await get('https://simulator.example.test/runware/v1', {
      method: 'POST',
      headers: { authorization: 'Bearer runware-key', 'x-runware-dry-run': '1' },
      body: JSON.stringify([aRunwareTask({ numberResults: 2 })]),
    })
    expect(await response.json()).toMatchObject({ data: [{ cost: 0.36 }] })
    expect(simulator.tasks()).toHaveLength(0)
  })
})
