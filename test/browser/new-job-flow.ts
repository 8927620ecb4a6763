/** The form of a new job in use, in Chromium. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { createAxe } from './axe.ts'

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const aPicture = (name: string) => ({ name, mimeType: 'image/png', buffer: picture })

/** Chooses files for the reference images, and waits until the row of each is there. */
async function addPictures(page: Page, names: string[]): Promise<void> {
  await page.getByLabel('Files: reference images').setInputFiles(names.map(aPicture))
  await page.locator(`#reference_images-${names.length}`).waitFor()
}

export async function createJobWithPicture(page: Page): Promise<void> {
  const prompt = page.getByLabel('Prompt', { exact: true })
  await prompt.fill('A paper boat like , in the rain')
  await addPictures(page, ['boat.png', '<b>纸船</b>.png'])
  await prompt.evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(18, 18))
  await page.getByRole('button', { name: 'Insert {{image:2}}' }).click()
  expect(await prompt.inputValue()).toBe('A paper boat like {{image:2}}, in the rain')
  await page.getByRole('button', { name: 'Move reference image 2 up' }).click()
  await expect.poll(() => prompt.inputValue()).toBe('A paper boat like {{image:1}}, in the rain')
  const thumbnail = page.locator('#reference_images-list img').first()
  await expect.poll(() => thumbnail.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1)
  await expect.poll(() => page.locator('#estimate-line').textContent()).toMatch(/^\$.* at /)
  expect(await page.locator('#code').textContent()).toContain('A paper boat like {{image:1}}')
  await page.getByRole('button', { name: 'Create job' }).click({ noWaitAfter: true })
  await page.waitForURL(/\/jobs\/job_/, { waitUntil: 'commit' })
}

export async function estimateFollows(page: Page): Promise<void> {
  await page.getByLabel('Model', { exact: true }).selectOption('seedance-2.0')
  await expect.poll(() => page.locator('option[value="4k"]').isEnabled()).toBe(true)
  await page.getByLabel('Provider', { exact: true }).selectOption('crun')
  await expect.poll(() => page.locator('option[value="4k"]').isEnabled()).toBe(false)
  const row = page.getByLabel('First frame: URL or id')
  await row.pressSequentially('http:/x')
  await expect.poll(() => page.locator('#first_frame-list .fault').count()).toBe(1)
  await row.press('ArrowLeft')
  await row.pressSequentially('y')
  expect(await row.inputValue()).toBe('http:/yx')
  await row.fill('')
  await expect.poll(() => page.locator('.fault').count()).toBe(0)
  // The Enter key must not buy.
  await row.press('Enter')
  expect(new URL(page.url()).pathname).toBe('/jobs/new')
}

export async function largeFileIsRefused(page: Page): Promise<void> {
  await page
    .getByLabel('Files: reference audio')
    .setInputFiles({ name: 'rain.mp3', mimeType: 'audio/mpeg', buffer: Buffer.alloc(15 * 1024 * 1024 + 1) })
  await expect.poll(() => page.locator('.uploads').last().textContent()).toContain('larger than 15 MiB')
  await page.getByRole('button', { name: 'Close' }).click()
  expect(await page.locator('.uploads li').count()).toBe(0)
}

export async function fitsAPhone(page: Page): Promise<void> {
  await addPictures(page, ['boat.png'])
  await page.evaluate(() => {
    for (const closed of document.querySelectorAll('details')) closed.open = true
  })
  const { violations } = await createAxe(page).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  await page.setViewportSize({ width: 375, height: 700 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
}
