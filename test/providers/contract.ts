/** The tests that every provider adapter passes. A new adapter passes them before its specific tests. */
import { describe, expect, it } from 'vitest'
import type { Fetch } from '../../src/connections.ts'
import type { ReceivedAnswer } from '../../src/core/job/answers.ts'
import { aspectRatios, models } from '../../src/core/request/choices.ts'
import { modelLimits } from '../../src/core/request/model-limits.ts'
import { offerOf } from '../../src/providers/capabilities.ts'
import type { Provider, RemoteOutput } from '../../src/providers/provider.ts'
import { aNetwork, aRequest, aSubmission, aTask, image, type Reply, video } from './a-submission.ts'
import { type CancelReplies, cancelsByTheRules } from './cancel-contract.ts'
import { type SignedCandidate, verifiesSignatures } from './signature-contract.ts'

export interface Candidate {
  /** The secret as it is sent. It must be in one header and nowhere else. */
  apiKey: string
  create: (fetch: Fetch) => Provider
  /** Documented responses about one task, `taskId`, with one output. */
  replies: {
    accepted: Reply
    pending: Reply
    /** In order, if a status takes more than one request. */
    done: [Reply, ...Reply[]]
    failed: Reply | [Reply, ...Reply[]]
    /** The documented response with status 401. */
    unauthorized: Reply
  }
  output: RemoteOutput
  /** Webhook bodies that announce `done` and `failed`. Absent: the provider sends none. */
  webhooks?: { done: unknown; failed: unknown }
  /** How it signs them. Absent: it does not. */
  signature?: SignedCandidate
  /** Absent: the provider cancels no task. */
  cancel?: CancelReplies
}

export function keepsTheContract(candidate: Candidate): void {
  const { apiKey, create, replies, output } = candidate
  const failed = Array.isArray(replies.failed) ? replies.failed : [replies.failed]
  const given = (...replies: [Reply, ...Reply[]]) => {
    const network = aNetwork(...replies)
    return { provider: create(network.fetch), sent: network.sent }
  }
  const { provider: idle } = given(new Error('unexpected call'))
  const task = aTask({ provider: idle.name })
  const { providerTaskId } = task
  cancelsByTheRules(candidate)
  verifiesSignatures(candidate)

  describe('keeps the contract: happy', () => {
    it('submits in one call and returns the id of the task', async () => {
      const { provider, sent } = given(replies.accepted)
      expect(await provider.submit(aSubmission())).toEqual({ ok: true, value: { providerTaskId } })
      expect(sent).toHaveLength(1)
    })

    it('polls a task in as few calls as possible', async () => {
      const { provider, sent } = given(replies.pending, ...replies.done, ...failed)
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
      expect(sent).toHaveLength(1 + replies.done.length + failed.length)
    })

    it('parses a webhook into the same outcome as a poll', async () => {
      const { provider } = given(...replies.done, ...failed)
      expect(provider.parseWebhook !== undefined).toBe(candidate.webhooks !== undefined)
      for (const body of Object.values(candidate.webhooks ?? {})) {
        const status = await provider.getStatus(task)
        const known = { providerTaskId, model: 'seedance-2.0-mini' as const }
        for (const tasks of [[known], [{ ...known, providerTaskId: null }]]) {
          expect(provider.parseWebhook?.(body, tasks)).toEqual([
            { providerTaskId, outcome: status.ok ? status.value : status.fault },
          ])
        }
      }
    })

    it('sends its key in one header and nowhere else', async () => {
      const { provider, sent } = given(replies.accepted)
      await provider.submit(aSubmission())
      await provider.getStatus(task)
      for (const { headers, url, body } of sent) {
        expect(Object.values(headers).filter((value) => value.includes(apiKey))).toHaveLength(1)
        expect(url + JSON.stringify(body)).not.toContain(apiKey)
      }
    })

    it('follows no redirect, which would send its key to another host', async () => {
      const redirect: Reply = {
        status: 302,
        text: '',
        headers: { location: 'https://elsewhere.example.com' },
      }
      const { provider, sent } = given(redirect)
      expect(await provider.submit(aSubmission())).toMatchObject({ fault: { code: 'answer_lost' } })
      expect(await provider.getStatus(task)).toMatchObject({ fault: { code: 'unavailable' } })
      expect(sent.map(({ redirect }) => redirect)).toEqual(['manual', 'manual'])
    })
  })

  describe('keeps the contract: answers', () => {
    it('reports each answer as it came, without its own credentials', async () => {
      const echo = { key: apiKey, url: 'https://a.example.com/b?token=SECRET' }
      const shown = { httpStatus: 418, body: expect.stringContaining('"***"'), isTruncated: false }
      const { provider } = given({ status: 418, json: echo })
      const answers: ReceivedAnswer[] = []
      await provider.submit(aSubmission(), (answer) => answers.push(answer))
      await provider.getStatus(task, (answer) => answers.push(answer))
      expect(answers).toEqual([shown, shown])
      expect(JSON.stringify(answers)).not.toMatch(/SECRET/)
    })

    it('reports none if none was received', async () => {
      const { provider } = given(new Error('reset'))
      const answers: ReceivedAnswer[] = []
      await provider.submit(aSubmission(), (answer) => answers.push(answer))
      await provider.getStatus(task, (answer) => answers.push(answer))
      expect(answers).toEqual([])
    })

    it('reports an error page and a challenge, which are no response of the provider', async () => {
      const { provider } = given({
        status: 403,
        text: '<h1>Wait</h1>',
        headers: { 'cf-mitigated': 'challenge' },
      })
      const answers: ReceivedAnswer[] = []
      await provider.submit(aSubmission(), (answer) => answers.push(answer))
      expect(answers).toEqual([{ httpStatus: 403, body: '<h1>Wait</h1>', isTruncated: false }])
    })
  })

  describe('keeps the contract: refused', () => {
    const refusedPaths = (fields: Parameters<typeof aRequest>[0]) =>
      idle.refuse(aRequest(fields)).map(({ path }) => path)
    const unsold = models.filter((model) => offerOf(idle.capabilities, model) === null)
    const offers = models.flatMap((model) => {
      const offer = offerOf(idle.capabilities, model)
      return offer === null ? [] : [{ model, offer }]
    })

    it('refuses the models that it does not sell, and names those that it does', () => {
      for (const model of unsold) {
        const [reason, ...others] = idle.refuse(aRequest({ model }))
        expect(reason?.path).toBe('model')
        for (const sold of offers) expect(reason?.message).toContain(sold.model)
        expect(others).toEqual([])
      }
    })

    it.each(offers)('offers nothing beyond the limits of $model', ({ model, offer }) => {
      const { resolutions, outputFormats } = modelLimits[model]
      expect(resolutions).toEqual(expect.arrayContaining([...offer.resolutions]))
      expect(outputFormats).toEqual(expect.arrayContaining([...offer.outputFormats]))
    })

    it.each(offers)('refuses unsupported resolutions and file formats of $model', ({ model, offer }) => {
      for (const resolution of modelLimits[model].resolutions) {
        const isOffered = offer.resolutions.includes(resolution)
        expect(refusedPaths({ model, resolution }), resolution).toEqual(isOffered ? [] : ['resolution'])
      }
      for (const output_format of modelLimits[model].outputFormats) {
        const isOffered = offer.outputFormats.includes(output_format)
        expect(refusedPaths({ model, output_format })).toEqual(isOffered ? [] : ['output_format'])
      }
    })

    it.each(offers)('refuses unsupported aspect ratios of $model in each mode', ({ model, offer }) => {
      const inputs = { text: {}, references: { reference_images: [image] }, frames: { first_frame: image } }
      for (const mode of ['text', 'references', 'frames'] as const) {
        const isFixed = mode === 'frames' && modelLimits[model].ratioWithFrames === 'of_frame'
        for (const aspect_ratio of isFixed ? (['auto'] as const) : aspectRatios) {
          const isOffered = offer.aspectRatios[mode].includes(aspect_ratio)
          const paths = refusedPaths({ model, ...inputs[mode], aspect_ratio })
          expect(paths, `${mode} ${aspect_ratio}`).toEqual(isOffered ? [] : ['aspect_ratio'])
        }
      }
    })

    it('returns every reason at once', () => {
      const model = 'seedance-2.0'
      const prompt = 'x'.repeat(10_000)
      const request = aRequest({ model, duration: 'auto', resolution: '4k', seed: 7, prompt })
      const paths = idle.refuse(request).map(({ path }) => path)
      const { promptLength, durations, seeds, models } = idle.capabilities
      const has4k = models[model]?.resolutions.includes('4k') ?? false
      expect(paths.includes('resolution')).toBe(!has4k)
      expect(paths.includes('duration')).toBe(durations === 'seconds')
      expect(paths.includes('seed')).toBe(seeds === 'none')
      expect(paths.includes('prompt')).toBe(promptLength.max < 10_000)
    })

    it('counts the code points of the prompt as it is sent', () => {
      const { max } = idle.capabilities.promptLength
      const pathsFor = (prompt: string) =>
        idle.refuse(aRequest({ prompt, reference_images: [image] })).map(({ path }) => path)
      for (const letter of ['x', '水', '🚢']) {
        expect(pathsFor(letter.repeat(max))).toEqual([])
        // The request schema refuses more than 10,000, so only lower limits can be exceeded.
        if (max < 10_000) expect(pathsFor(letter.repeat(max + 1))).toEqual(['prompt'])
      }
      // A tag becomes shorter when it is sent.
      const tags = '{{image:1}}'.repeat(10)
      if (max < 10_000) expect(pathsFor(`${'x'.repeat(max - 90)}${tags}`)).toEqual([])
    })

    it('accepts media without a prompt only if its capabilities say so', () => {
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
    ] as const)('accepts media in the form %s only if its capabilities say so', (form, value) => {
      for (const field of ['reference_images', 'reference_videos'] as const) {
        const paths = idle.refuse(aRequest({ [field]: [video, value] })).map(({ path }) => path)
        expect(paths).toEqual(idle.capabilities.media[field].includes(form) ? [] : [`${field}.1`])
      }
    })

    it('refuses an unknown option', () => {
      expect(idle.options.safeParse({}).success).toBe(true)
      expect(idle.options.safeParse({ color: 'blue' }).success).toBe(false)
    })

    it('reports a wrong key as such', async () => {
      const { provider } = given(replies.unauthorized)
      expect(await provider.submit(aSubmission())).toMatchObject({ ok: false, fault: { code: 'auth' } })
      expect(await provider.getStatus(task)).toMatchObject({ ok: false, fault: { code: 'auth' } })
    })
  })
}
