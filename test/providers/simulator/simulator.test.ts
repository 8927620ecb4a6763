import { describe, expect, it } from 'vitest'
import type { Fetch } from '../../../src/connections.ts'
import type { VersionedSecret } from '../../../src/core/crypto/derived-keys.ts'
import { simulator } from '../../../src/providers/simulator/index.ts'
import { callToken, isCallToken } from '../../../src/providers/simulator/token.ts'
import {
  aNetwork,
  aRequest,
  aSubmission,
  aTask,
  callbackUrl,
  now,
  type Reply,
  taskId,
} from '../a-submission.ts'
import { type Candidate, keepsTheContract } from '../contract.ts'
import { survivesAnyResponse } from '../survival.ts'

const secret: VersionedSecret = ['a signing secret of thirty-two characters']
const account = { baseUrl: 'https://reelhook.test/simulator', secret, isForEveryone: false }
const connect = (fetch: Fetch) => simulator(account)({ fetch, now, guard: async () => null })
const videoUrl = `https://reelhook.test/simulator/videos/${taskId}/1.mp4`
const done = { id: taskId, status: 'done', videos: [videoUrl] }
const failed = { id: taskId, status: 'failed', failure: 'failed' }

const candidate: Candidate = {
  apiKey: await callToken(secret),
  create: connect,
  replies: {
    accepted: { status: 202, json: { id: taskId } },
    pending: { json: { id: taskId, status: 'running', progress: 40 } },
    done: [{ json: done }],
    failed: { json: failed },
    unauthorized: { status: 401, json: { error: 'unauthorized' } },
  },
  output: { id: `${taskId}-1`, url: videoUrl },
  webhooks: { done, failed },
}
keepsTheContract(candidate)
survivesAnyResponse(candidate)

const given = (reply: Reply) => {
  const { fetch, sent } = aNetwork(reply)
  return { provider: connect(fetch), sent }
}
const poll = (json: unknown) => given({ json }).provider.getStatus(aTask({ provider: 'simulator' }))

describe('the simulator', () => {
  it('gets the prompt, the number of outputs and the callback URL', async () => {
    const { provider, sent } = given({ json: { id: taskId } })
    await provider.submit(aSubmission({ prompt: 'A boat [simulate: slow]', count: 3 }, 3))
    expect(sent).toMatchObject([
      {
        url: 'https://reelhook.test/simulator/tasks',
        body: { prompt: 'A boat [simulate: slow]', outputs: 3, callback_url: callbackUrl },
      },
    ])
  })

  it('costs nothing, before and after', async () => {
    const { provider } = given({ json: done })
    expect(await provider.estimate?.(aRequest({ duration: 'auto' }))).toMatchObject({
      value: { amount_usd: 0 },
    })
    expect(await poll(done)).toMatchObject({ value: { cost: { amount_usd: 0, source: 'provider' } } })
    expect(await poll(failed)).toMatchObject({ value: { cost: { amount_usd: 0, source: 'provider' } } })
  })

  it('names each output', async () => {
    const videos = [1, 2, 3].map((n) => `https://reelhook.test/v/${n}.mp4`)
    const outputs = videos.map((url, index) => ({ id: `${taskId}-${index + 1}`, url }))
    expect(await poll({ ...done, videos })).toMatchObject({ value: { state: 'done', outputs } })
  })

  it('blocks the content if the prompt asks for it', async () => {
    expect(await poll({ ...failed, failure: 'moderation' })).toMatchObject({
      value: { state: 'failed', fault: { code: 'moderated' } },
    })
  })

  it('has another token for each secret', async () => {
    const token = await callToken(['another secret of thirty-two characters'])
    expect(await isCallToken(secret, token)).toBe(false)
    expect(await isCallToken(['another secret of thirty-two characters', ...secret], candidate.apiKey)).toBe(
      true,
    )
  })
})
