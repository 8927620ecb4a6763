/** What every provider that cancels keeps to: the rules in `src/providers/cancels.ts`. Part of `contract.ts`. */
import { describe, expect, it } from 'vitest'
import type { Fetch } from '../../src/connections.ts'
import type { ReceivedAnswer } from '../../src/core/job/answers.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { aNetwork, aTask, type Reply } from './a-submission.ts'

type Replies = [Reply, ...Reply[]]

/** Documented responses about one task, `taskId`, in the order in which one call of `cancel` asks for them. */
export interface CancelReplies {
  /** It is canceled by this call. */
  canceled: Replies
  /** It was canceled by an earlier call. */
  canceledBefore: Replies
  /** It ended before, and its video may be fetched. */
  ended: Replies
  /** It can no longer be canceled. Absent: the provider says this of no task. */
  running?: Replies
  /** The provider confirms it later. Absent: it confirms at once. */
  requested?: Replies
}

interface CancelCandidate {
  apiKey: string
  create: (fetch: Fetch) => Provider
  replies: { unauthorized: Reply }
  cancel?: CancelReplies
}

export function cancelsByTheRules({ apiKey, create, replies, cancel }: CancelCandidate): void {
  const run = async (...given: Replies) => {
    const network = aNetwork(...given)
    const provider = create(network.fetch)
    const answers: ReceivedAnswer[] = []
    const result = await provider.cancel?.(aTask({ provider: provider.name }), (one) => answers.push(one))
    return { result, sent: network.sent, answers }
  }

  describe('keeps the contract: cancel', () => {
    it('is there if the capabilities say so', () => {
      const provider = create(aNetwork(new Error('unexpected call')).fetch)
      const { cancels } = provider.capabilities
      expect({ cancels: cancels !== 'never', isThere: provider.cancel !== undefined }).toEqual({
        cancels: cancel !== undefined,
        isThere: cancel !== undefined,
      })
      if (cancels === 'queued') expect(cancel?.running).toBeDefined()
    })
    if (cancel === undefined) return

    const { canceledBefore, ...outcomes } = cancel
    const cases = [...Object.entries(outcomes), ['canceled', canceledBefore] as [string, Replies]]
    it.each(cases)('reports that a task is %s, in as few calls as possible', async (outcome, given) => {
      const { result, sent, answers } = await run(...given)
      expect(result).toEqual({ ok: true, value: outcome })
      expect(sent).toHaveLength(given.length)
      expect(answers).toHaveLength(given.length)
    })

    it.each(cases)('deletes nothing of a task that is %s without having read it', async (_, given) => {
      const methods = (await run(...given)).sent.map(({ method }) => method)
      const deletions = methods.filter((method) => method === 'DELETE')
      const mayDelete = given === cancel.canceled || given === cancel.requested
      expect(deletions.length).toBeLessThanOrEqual(mayDelete ? 1 : 0)
      if (deletions.length > 0) expect(methods[0]).toBe('GET')
    })

    it('takes nothing but its confirmation for one', async () => {
      const bad: Reply[] = [
        new Error('reset'),
        { status: 500, json: {} },
        { json: {} },
        { text: 'Bad gateway' },
      ]
      for (const reply of bad) {
        for (let got = 0; got < cancel.canceled.length; got += 1) {
          const before = cancel.canceled.slice(0, got)
          const [first = reply, ...rest] = [...before, reply]
          const { result } = await run(first, ...rest)
          expect(result, JSON.stringify({ got, reply })).not.toEqual({ ok: true, value: 'canceled' })
          if (got === 0) expect(result, JSON.stringify(reply)).toMatchObject({ ok: false })
        }
      }
    })

    it('reports a wrong key as such', async () => {
      expect((await run(replies.unauthorized)).result).toMatchObject({ ok: false, fault: { code: 'auth' } })
    })

    it('sends its key in one header and nowhere else, and follows no redirect', async () => {
      const { sent } = await run(...cancel.canceled)
      for (const { headers, url, body, redirect } of sent) {
        expect(Object.values(headers).filter((value) => value.includes(apiKey))).toHaveLength(1)
        expect(url + JSON.stringify(body)).not.toContain(apiKey)
        expect(redirect).toBe('manual')
      }
    })
  })
}
