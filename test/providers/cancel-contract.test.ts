/** The rules of a cancellation, kept by a provider whose DELETE erases the record of a task that has ended. */
import type { Fetch } from '../../src/connections.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { CancelOutcome } from '../../src/providers/cancels.ts'
import { callProvider, inconclusiveStatus } from '../../src/providers/http.ts'
import type { OnAnswer, Provider } from '../../src/providers/provider.ts'
import { cancelsByTheRules } from './cancel-contract.ts'
import { connect } from './connect.ts'

const apiKey = 'ak_secret'

function eraser(fetch: Fetch): Provider {
  const call = async (
    method: 'GET' | 'DELETE',
    id: string,
    onAnswer?: OnAnswer,
  ): Promise<Result<unknown>> => {
    const headers = { authorization: `Bearer ${apiKey}` }
    const url = `https://eraser.example.com/tasks/${id}`
    const response = await callProvider(fetch, 'safe', url, { method, headers, onAnswer })
    if (!response.ok) return response
    if (response.value.status === 401) return fail('auth', 'The key is wrong.')
    return response.value.status === 200
      ? ok(response.value.body)
      : inconclusiveStatus('safe', 'Eraser', response.value)
  }
  const read = async (id: string, onAnswer?: OnAnswer): Promise<Result<CancelOutcome>> => {
    const response = await call('GET', id, onAnswer)
    if (!response.ok) return response
    const outcome = outcomes.get(Object(response.value).status)
    return outcome === undefined ? fail('unreadable_answer', 'There is no task.') : ok(outcome)
  }
  const { capabilities, ...rest } = connect('crun', { CRUN_API_KEY: apiKey }, fetch)
  return {
    ...rest,
    capabilities: { ...capabilities, cancels: 'queued' },
    async cancel({ providerTaskId }, onAnswer) {
      const before = await read(providerTaskId, onAnswer)
      if (!before.ok || before.value !== 'requested') return before
      await call('DELETE', providerTaskId, onAnswer)
      return read(providerTaskId, onAnswer)
    },
  }
}

const outcomes = new Map<unknown, CancelOutcome>([
  // Not canceled yet.
  ['queued', 'requested'],
  ['running', 'running'],
  ['canceled', 'canceled'],
  ['succeeded', 'ended'],
])

const shows = (status: string) => ({ json: { status } })

cancelsByTheRules({
  apiKey,
  create: eraser,
  replies: { unauthorized: { status: 401, json: {} } },
  cancel: {
    canceled: [shows('queued'), { json: {} }, shows('canceled')],
    canceledBefore: [shows('canceled')],
    ended: [shows('succeeded')],
    running: [shows('running')],
    requested: [shows('queued'), { status: 503, json: {} }, shows('queued')],
  },
})
