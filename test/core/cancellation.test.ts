import { describe, expect, it } from 'vitest'
import { abandoned, cancellationOf } from '../../src/core/cancellation.ts'
import { type FaultCode, fault } from '../../src/core/fault.ts'
import { type TaskStatus, taskStatuses } from '../../src/core/task.ts'

const at = Date.UTC(2026, 0, 1)

function aLine(status: TaskStatus, code?: FaultCode) {
  const why = code === undefined ? null : fault(code, 'It happened.')
  return { provider: 'crun' as const, status, fault: why, endedAt: null, unknownAt: null }
}

describe('what a cancellation may still cost', () => {
  it.each([
    [aLine('preparing'), false],
    [aLine('intended'), true],
    [aLine('deferred', 'rate_limited'), false],
    [aLine('submitted'), true],
    [aLine('unknown', 'answer_lost'), true],
    [aLine('rejected', 'moderated'), false],
    [aLine('succeeded'), true],
    [aLine('failed', 'generation_failed'), false],
    [aLine('failed', 'task_lost'), true],
    [aLine('failed', 'submit_unknown'), true],
    [aLine('failed', 'deadline_exceeded'), true],
  ])('is told by a line that is %o: %s', (line, isBilled) => {
    const { may_still_be_billed, message } = cancellationOf([line])
    expect(may_still_be_billed).toBe(isBilled)
    expect(message.includes('crun')).toBe(isBilled)
  })

  it('is nothing where nobody was asked', () => {
    expect(cancellationOf([])).toEqual({ may_still_be_billed: false, message: 'Nothing was bought.' })
  })

  it('is said once of each kind', () => {
    const { message } = cancellationOf([aLine('submitted'), aLine('submitted'), aLine('intended')])
    expect(message.match(/crun/g)).toHaveLength(2)
  })
})

describe('a line that a cancellation leaves', () => {
  it.each(taskStatuses)('has an end, and still says what is known: %s', (status) => {
    const line = abandoned(aLine(status), at)
    const isNothingBought = status === 'preparing' || status === 'deferred'
    expect(line).toMatchObject({
      status: isNothingBought ? 'rejected' : status,
      endedAt: at,
      fault: { code: 'canceled' },
    })
    expect(cancellationOf([line])).toEqual(cancellationOf([aLine(status)]))
  })

  it('stays as it is when it has ended before', () => {
    const line = { ...aLine('succeeded'), endedAt: at - 1 }
    expect(abandoned(line, at)).toBe(line)
  })
})
