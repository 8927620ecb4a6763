/** The chart library is served from this repository. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it.each([
  ['uplot.min.js', 'uPlot.iife.min.js'],
  ['uplot.min.css', 'uPlot.min.css'],
])('%s is the copy of its package', (copy, original) => {
  const served = readFileSync(`src/dashboard/public/static/${copy}`, 'utf8')
  expect(served).toBe(readFileSync(`node_modules/uplot/dist/${original}`, 'utf8'))
})
