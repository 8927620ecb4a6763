/** A short storm: fewer jobs and one death in each step, and the same laws. The whole one is `npm run chaos`. */
import { expect, it } from 'vitest'
import { points } from './points.ts'
import { run } from './run.ts'

const steps = new Set(points.map(({ step }) => step))
// Of each step the death that every run comes by.
const ordinary = [...steps].flatMap((step) => points.find((point) => point.step === step) ?? [])

it('loses nothing, buys nothing twice and tells everybody, whatever fails and however often it is killed', async () => {
  const breaches = await run({
    folder: '.wrangler/chaos-short',
    // Its jobs meet every fault that the deaths above need: media for Scenario, lost answers, uploads.
    seed: 25,
    jobs: 32,
    points: ordinary,
    randomKills: 2,
    randomLifeEvery: 2,
  })
  expect(breaches).toBe(0)
})
