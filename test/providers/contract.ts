/** What every provider must keep to, however it speaks. A new one passes this before anything of its own. */
import { describe, expect, it } from 'vitest'
import { aspectRatios, models, resolutions } from '../../src/core/request/request.ts'
import type { Fetch } from '../../src/providers/http.ts'
import type { Provider, RemoteOutput } from '../../src/providers/provider.ts'
import { aNetwork, aRequest, aSubmission, aTask, image, type Reply, taskId, video } from './a-submission.ts'

export interface Candidate {
  /** Held out as the provider's secret: it must stand in one header and nowhere else. */
  apiKey: string
  create: (fetch: Fetch) => Provider
  /** Documented answers of one task, `taskId`, that makes one output. */
  answers: {
    accepted: Reply
    pending: Reply
    /** One after another, where it takes more than one question. */
    done: [Reply, ...Reply[]]
    failed: Reply
    /** An answer of status 401 as documented. */
    unauthorized: Reply
  }
  output: RemoteOutput
  /** Webhook bodies that announce `done` and `failed`; absent where it sends none. */
  webhooks?: { done: unknown; failed: unknown }
}

export function keepsTheContract(candidate: Candidate): void {
  const { apiKey, create, answers, output } = candidate
  const answering = (...replies: [Reply, ...Reply[]]) => {
    const network = aNetwork(...replies)
    return { provider: create(network.fetch), sent: network.sent }
  }
  const { provider: idle } = answering(new Error('nobody should ask'))
  const task = aTask({ provider: idle.name })

  describe('keeps the contract: happy', () => {
    it('submits in one call and learns the name of the task', async () => {
      const { provider, sent } = answering(answers.accepted)
      const submitted = await provider.submit(aSubmission())
      expect(submitted).toEqual({ ok: true, value: { providerTaskId: taskId } })
      expect(sent).toHaveLength(1)
    })

    it('asks how a task is in as few calls as it takes', async () => {
      const { provider, sent } = answering(answers.pending, ...answers.done, answers.failed)
      expect(await provider.getStatus(task)).toMatchObject({
        ok: true,
        value: { state: 'pending', finished: [] },
      })
      expect(await provider.getStatus(task)).toMatchObject({
        ok: true,
        value: { state: 'done', outputs: [output], faults: [] },
      })
      expect(await provider.getStatus(task)).toMatchObject({
        ok: true,
        value: { state: 'failed', fault: { code: 'generation_failed' } },
      })
      expect(sent).toHaveLength(answers.done.length + 2)
    })

    it('hears from a webhook what it would have been told had it asked', async () => {
      const { provider } = answering(...answers.done, answers.failed)
      expect(provider.parseWebhook !== undefined).toBe(candidate.webhooks !== undefined)
      for (const body of Object.values(candidate.webhooks ?? {})) {
        const asked = await provider.getStatus(task)
        expect(provider.parseWebhook?.(body)).toEqual([
          { providerTaskId: taskId, outcome: asked.ok ? asked.value : asked.fault },
        ])
      }
    })

    it('shows its key in a header, and nowhere else', async () => {
      const { provider, sent } = answering(answers.accepted)
      await provider.submit(aSubmission())
      await provider.getStatus(task)
      for (const { headers, url, body } of sent) {
        expect(Object.values(headers).filter((value) => value.includes(apiKey))).toHaveLength(1)
        expect(url + JSON.stringify(body)).not.toContain(apiKey)
      }
    })

    it('follows no redirect, which would carry its key away', async () => {
      const moved: Reply = { status: 302, text: '', headers: { location: 'https://elsewhere.example.com' } }
      const { provider, sent } = answering(moved)
      expect(await provider.submit(aSubmission())).toMatchObject({ fault: { code: 'answer_lost' } })
      expect(await provider.getStatus(task)).toMatchObject({ fault: { code: 'unavailable' } })
      expect(sent.map(({ redirect }) => redirect)).toEqual(['manual', 'manual'])
    })
  })

  describe('keeps the contract: refused', () => {
    it.each(models)('refuses the resolutions that it does not make with %s', (model) => {
      const made = idle.capabilities.models[model].resolutions
      for (const resolution of resolutions) {
        const paths = idle.refuse(aRequest({ model, resolution })).map(({ path }) => path)
        expect(paths, resolution).toEqual(made.includes(resolution) ? [] : ['resolution'])
      }
    })

    it.each([
      ['text', {}],
      ['references', { reference_images: [image] }],
      ['frames', { first_frame: image }],
    ] as const)('refuses the aspect ratios that it cannot give in %s mode', (mode, inputs) => {
      const given = idle.capabilities.aspectRatios[mode]
      for (const aspect_ratio of aspectRatios) {
        const paths = idle.refuse(aRequest({ ...inputs, aspect_ratio })).map(({ path }) => path)
        expect(paths, aspect_ratio).toEqual(given.includes(aspect_ratio) ? [] : ['aspect_ratio'])
      }
    })

    it('names every reason at once', () => {
      const request = aRequest({ duration: 'auto', resolution: '4k', seed: 7, prompt: 'x'.repeat(10_000) })
      const paths = idle.refuse(request).map(({ path }) => path)
      const { promptLength, durations, seeds } = idle.capabilities
      expect(paths).toContain('resolution')
      expect(paths.includes('duration')).toBe(durations === 'seconds')
      expect(paths.includes('seed')).toBe(seeds === 'none')
      expect(paths.includes('prompt')).toBe(promptLength.max < 10_000)
    })

    it('counts the characters of the prompt as it is sent, in code points', () => {
      const { max } = idle.capabilities.promptLength
      const pathsFor = (prompt: string) =>
        idle.refuse(aRequest({ prompt, reference_images: [image] })).map(({ path }) => path)
      for (const letter of ['x', '水', '🚢']) {
        expect(pathsFor(letter.repeat(max))).toEqual([])
        // Core refuses more than 10,000 itself, so one above the limit is made of what is written out longer.
        if (max < 10_000) expect(pathsFor(letter.repeat(max + 1))).toEqual(['prompt'])
      }
      // A tag is shorter as it is sent.
      const tags = '{{image:1}}'.repeat(10)
      if (max < 10_000) expect(pathsFor(`${'x'.repeat(max - 90)}${tags}`)).toEqual([])
    })

    it('makes a video of media without words only where it says so', () => {
      const isNeeded = idle.capabilities.prompt === 'required'
      for (const inputs of [{ first_frame: image }, { reference_videos: [video] }]) {
        const paths = idle.refuse(aRequest({ ...inputs, prompt: undefined })).map(({ path }) => path)
        expect(paths).toEqual(isNeeded ? ['prompt'] : [])
      }
    })

    it.each([
      ['data_uri', 'data:image/png;base64,AAAA'],
      ['crun_asset', 'asset://asset-20260801-hero'],
      ['runware_id', '0b2b6a0e-6d1b-4c53-9c0a-3b7a3c0f9d11'],
    ] as const)('takes media in the form %s only where it says so', (form, value) => {
      for (const field of ['reference_images', 'reference_videos'] as const) {
        const paths = idle.refuse(aRequest({ [field]: [video, value] })).map(({ path }) => path)
        expect(paths).toEqual(idle.capabilities.media[field].includes(form) ? [] : [`${field}.1`])
      }
    })

    it('refuses an option that it does not know', () => {
      expect(idle.options.safeParse({}).success).toBe(true)
      expect(idle.options.safeParse({ colour: 'blue' }).success).toBe(false)
    })

    it('tells a wrong key from everything else', async () => {
      const { provider } = answering(answers.unauthorized)
      expect(await provider.submit(aSubmission())).toMatchObject({ ok: false, fault: { code: 'auth' } })
      expect(await provider.getStatus(task)).toMatchObject({ ok: false, fault: { code: 'auth' } })
    })
  })
}
