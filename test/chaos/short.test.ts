/**
 * A short storm: fewer jobs, one kill in each step that every job takes, and the same laws. `npm run chaos` runs the
 * whole storm.
 */
import { expect, it } from 'vitest'
import { points } from './points.ts'
import { run } from './run.ts'

// Too few of a short storm's jobs take these steps to rely on.
const rareSteps = ['upload inputs', 'recover', 'receive video', 'cancel tasks']
const steps = new Set(points.map(({ step }) => step).filter((step) => !rareSteps.includes(step)))
const commonPoints = [...steps].flatMap((step) => points.find((point) => point.step === step) ?? [])

it('loses no job, buys nothing twice and notifies every caller, whatever fails and whenever it is killed', async () => {
  const breaches = await run({
    folder: '.wrangler/chaos-short',
    seed: 25,
    jobs: 32,
    points: commonPoints,
    randomKills: 2,
    randomLifeEvery: 2,
  })
  expect(breaches).toBe(0)
})
