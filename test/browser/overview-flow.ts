/** A person who looks at the charts of the overview. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Stage } from '../../src/dev/local/stage.ts'
import { createAxe } from './axe.ts'

/** Makes a job, then looks at its charts. */
export async function seesCharts(page: Page, { worker: { url }, adminApiKey }: Stage): Promise<void> {
  const posted = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${adminApiKey}`,
      'content-type': 'application/json',
      prefer: 'wait=60',
    },
    body: JSON.stringify({ model: 'seedance-2.0-mini', provider: 'runware', prompt: 'A paper boat' }),
  })
  expect(await posted.json()).toMatchObject({ status: 'succeeded' })
  await page.goto(`${url}/`)
  await expect.poll(() => page.locator('.plot canvas').count()).toBe(5)
  expect(await page.locator('details[data-chart][open]').count()).toBe(0)
  const light = await greenShare(page)
  expect(light).toBeGreaterThan(0)
  expect(await legend(page)).toEqual(['Hour', 'not ended', 'canceled', 'failed', 'succeeded'])
  // The pointer at the bar of this hour: the legend has the numbers of the table.
  const over = await page.locator('.plot .u-over').first().boundingBox()
  if (over === null) throw new Error('there is no chart')
  await page.mouse.move(over.x + over.width - 3, over.y + 20)
  expect(await page.locator('.plot .u-legend').first().textContent()).toMatch(/succeeded[1-9]/)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expect.poll(() => page.locator('.plot canvas').count()).toBe(5)
    // The color of the button in the head of every page is not of this page.
    const { violations } = await createAxe(page).exclude('header').analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  }
  // Another green, without loading the page again.
  expect(await greenShare(page)).toBe(0)
  await page.setViewportSize({ width: 375, height: 700 })
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
  await page.locator('summary').first().focus()
  await page.keyboard.press('Enter')
  expect(await page.getByRole('region', { name: 'Jobs per hour, the numbers' }).isVisible()).toBe(true)
}

/** Of the first chart, as it is shown: the label of each series, and its value if it has one. */
function legend(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...(document.querySelector('.plot .u-legend')?.querySelectorAll('tr') ?? [])].map((row) => {
      const [label, value] = row.cells
      const sign = label === undefined ? '' : getComputedStyle(label, '::after').content
      return `${label?.textContent}${sign === 'none' ? '' : sign}${value?.textContent}`
    }),
  )
}

/** How many pixels of the first chart have the color of succeeded jobs in a light page. */
function greenShare(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.plot canvas')
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? []
    let found = 0
    for (let n = 0; n < pixels.length; n += 4)
      if (pixels[n] === 0x2b && pixels[n + 1] === 0x8a && pixels[n + 2] === 0x55) found++
    return found
  })
}
