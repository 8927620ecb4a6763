/**
 * A short storm: fewer jobs, a death in each step that all jobs take, and the same laws. The whole one is
 * `npm run chaos`.
 */
import { expect, it } from 'vitest'
import { points } from './points.ts'
import { run } from './run.ts'

// What only some jobs come by, fewer than can be counted on, is left to the whole storm.
const rare = ['upload', 'resolve', 'receive']
const steps = new Set(points.map(({ step }) => step).filter((step) => !rare.includes(step)))
const ordinary = [...steps].flatMap((step) => points.find((point) => point.step === step) ?? [])

it('loses nothing, buys nothing twice and tells everybody, whatever fails and however often it is killed', async () => {
  const breaches = await run({
    folder: '.wrangler/chaos-short',
    seed: 25,
    jobs: 32,
    points: ordinary,
    randomKills: 2,
    randomLifeEvery: 2,
  })
  expect(breaches).toBe(0)
})
