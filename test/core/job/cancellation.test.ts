import { describe, expect, it } from 'vitest'
import { type FaultCode, fault } from '../../../src/core/fault.ts'
import { abandoned, cancellationOf, confirmedCanceled } from '../../../src/core/job/cancellation.ts'
import { type TaskStatus, taskStatuses } from '../../../src/core/job/task.ts'

const at = Date.UTC(2026, 0, 1)

function aTask(status: TaskStatus, code?: FaultCode) {
  const why = code === undefined ? null : fault(code, 'It happened.')
  return { provider: 'crun' as const, status, fault: why, endedAt: null, unknownAt: null }
}

describe('the possible cost of a cancellation', () => {
  it.each([
    [aTask('preparing'), false],
    [aTask('intended'), true],
    [aTask('deferred', 'rate_limited'), false],
    [aTask('submitted'), true],
    [aTask('unknown', 'answer_lost'), true],
    [aTask('rejected', 'moderated'), false],
    [aTask('succeeded'), true],
    [aTask('failed', 'generation_failed'), false],
    [aTask('failed', 'task_lost'), true],
    [aTask('failed', 'submit_unknown'), true],
    [aTask('failed', 'deadline_exceeded'), true],
  ])('a task that is %o may be billed: %s', (task, isBilled) => {
    const { may_still_be_billed, message } = cancellationOf([task])
    expect(may_still_be_billed).toBe(isBilled)
    expect(message.includes('crun')).toBe(isBilled)
  })

  it('is nothing if no task was submitted', () => {
    expect(cancellationOf([])).toEqual({ may_still_be_billed: false, message: 'Nothing was bought.' })
  })

  it('is listed once for each kind of task', () => {
    const { message } = cancellationOf([aTask('submitted'), aTask('submitted'), aTask('intended')])
    expect(message.match(/crun/g)).toHaveLength(2)
  })
})

describe('a task after a cancellation', () => {
  // The others have ended whenever they are read.
  const open = taskStatuses.filter(
    (status) => status !== 'rejected' && status !== 'succeeded' && status !== 'failed',
  )
  it.each(open)('has ended, and keeps a status that may have been bought: %s', (status) => {
    const task = abandoned(aTask(status), at)
    const isNothingBought = status === 'preparing' || status === 'deferred'
    expect(task).toMatchObject({
      status: isNothingBought ? 'rejected' : status,
      endedAt: at,
      fault: { code: 'canceled' },
    })
    expect(cancellationOf([task])).toEqual(cancellationOf([aTask(status)]))
  })

  it('is not billed once its provider has confirmed the cancellation', () => {
    const task = confirmedCanceled(abandoned(aTask('submitted'), at), at + 1)
    expect(task).toMatchObject({ status: 'failed', endedAt: at + 1, cost: { amount_usd: 0 } })
    const message = 'crun canceled the task and does not bill it.'
    expect(cancellationOf([task])).toEqual({ may_still_be_billed: false, message })
    expect(cancellationOf([task, aTask('unknown')])).toMatchObject({ may_still_be_billed: true })
  })

  it('does not change if it had ended before', () => {
    const task = { ...aTask('succeeded'), endedAt: at - 1 }
    expect(abandoned(task, at)).toBe(task)
  })
})
