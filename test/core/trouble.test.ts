import { describe, expect, it } from 'vitest'
import { type Fault, fault } from '../../src/core/fault.ts'
import { isGone, rememberedAs, type Trouble, troubleAfter } from '../../src/core/trouble.ts'

const seconds = 1_000
const notFound = fault('task_lost', 'Not found.', { evidence: { status: 404 } }).fault
const broken = fault('unavailable', 'Broken.').fault

/** The trouble after a row of answers, each so many milliseconds after the first. */
function troubleOf(...answers: [why: Fault, atMs: number][]): Trouble {
  let before: Fault | null = null
  let trouble: Trouble | undefined
  for (const [why, atMs] of answers) {
    trouble = troubleAfter(before, why, atMs)
    before = rememberedAs(trouble)
  }
  if (trouble === undefined) throw new Error('there was no trouble')
  return trouble
}

describe('trouble', () => {
  it('has lasted since it began, whatever the answers were', () => {
    expect(troubleOf([broken, 10], [notFound, 20], [broken, 30])).toMatchObject({ since: 10, gone: null })
  })

  it('keeps the evidence of the last answer', () => {
    expect(rememberedAs(troubleOf([broken, 10], [notFound, 20]))).toMatchObject({
      code: 'task_lost',
      evidence: { status: 404, since: 10, gone: { since: 20, times: 1 } },
    })
  })
})

describe('a task is gone', () => {
  const asked = (...atSeconds: number[]) =>
    troubleOf(...atSeconds.map((at): [Fault, number] => [notFound, at * seconds]))

  it('when it was not known four times over a minute', () => {
    expect(isGone(asked(0, 20, 40, 60), 60 * seconds)).toBe(true)
  })

  it.each([
    ['four times in one second', asked(0, 0.1, 0.2, 1), 1],
    ['thrice, however far apart', asked(0, 600, 3_600), 3_600],
  ])('not when it was not known %s', (_, trouble, nowSeconds) => {
    expect(isGone(trouble, nowSeconds * seconds)).toBe(false)
  })

  it('not when it was known, or nothing was, in between', () => {
    const trouble = troubleOf(
      [notFound, 0],
      [notFound, 20 * seconds],
      [broken, 40 * seconds],
      [notFound, 60 * seconds],
      [notFound, 80 * seconds],
    )
    expect(isGone(trouble, 80 * seconds)).toBe(false)
  })
})
