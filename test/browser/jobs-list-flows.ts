/** A person uses the list of jobs. Each flow gets a page that is signed in with the admin key. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { createClient } from '../../src/dev/local/client.ts'
import type { Stage } from '../../src/dev/local/stage.ts'

const request = { model: 'seedance-2.0-mini', provider: 'runware', resolution: '480p', duration: 4 }

function postJob({ worker, adminApiKey }: Stage, prompt: string, order: string) {
  return createClient(worker.url, adminApiKey).postJob({ ...request, prompt, metadata: { order } })
}

export async function filtersSurviveAReload(page: Page, stage: Stage): Promise<void> {
  const wanted = await postJob(stage, 'A boat to find', 'wanted')
  await postJob(stage, 'Another boat', 'other')
  await page.goto(`${stage.worker.url}/jobs`)
  await page.getByText('Filters', { exact: true }).click()
  await page.getByLabel('Metadata, as key=value').first().fill('order=wanted')
  await page.getByLabel('Model').selectOption(request.model)
  await page.getByRole('button', { name: 'Apply filters' }).click()
  const filtered = '?model=seedance-2.0-mini&metadata=order%3Dwanted'
  await page.waitForURL(({ search }) => search === filtered)
  await page.reload()
  const rows = page.locator('tbody tr')
  expect(await rows.count()).toBe(1)
  expect(await rows.getByRole('link').getAttribute('href')).toBe(`/jobs/${wanted.id}`)
  await page.getByRole('link', { name: /order=wanted.*remove/ }).click()
  await page.waitForURL(({ search }) => search === '?model=seedance-2.0-mini')
  expect(await page.getByRole('link', { name: 'Another boat' }).count()).toBe(1)
}

/** The whole row leads to its job, and the search by id too. */
export async function findsAJob(page: Page, stage: Stage): Promise<void> {
  const { id } = await postJob(stage, 'A boat to open', 'opened')
  await page.goto(`${stage.worker.url}/jobs?metadata=order%3Dopened`)
  // The link of the row covers the cell.
  await page.locator('tbody tr .cost').click({ force: true })
  await page.waitForURL(`**/jobs/${id}`)
  await page.goto(`${stage.worker.url}/jobs`)
  await page.getByLabel('Find a job').fill(` ${id} `)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/jobs/${id}`)
}

/** The page is not loaded again, its video becomes the picture, and later changes keep that video. */
export async function statusChangesByItself(page: Page, stage: Stage): Promise<void> {
  await page.goto(`${stage.worker.url}/jobs`)
  await page.evaluate(() => {
    document.title = 'the same document'
  })
  const { id } = await postJob(stage, 'A boat that arrives', 'live')
  const row = page.locator('tbody tr').filter({ hasText: 'A boat that arrives' })
  await row.getByText('succeeded').waitFor({ timeout: 60_000 })
  const video = row.locator('video')
  await video.waitFor({ timeout: 60_000 })
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2)
  await video.evaluate((element) => {
    element.setAttribute('title', 'the same video')
  })
  await postJob(stage, 'A boat behind it', 'live')
  await page.locator('tbody tr').filter({ hasText: 'A boat behind it' }).waitFor({ timeout: 60_000 })
  const kept = page.locator('tbody tr').filter({ has: page.locator(`#${id}-prompt`) })
  expect(await kept.locator('video').getAttribute('title')).toBe('the same video')
  expect(await page.title()).toBe('the same document')
}

/** `page`: signed in with a key of the project. */
export async function anotherProjectSeesNothing(page: Page, stage: Stage, project: string): Promise<void> {
  await page.goto(`${stage.worker.url}/jobs`)
  await page.getByText(`There is no job yet in the project ${project}`).waitFor()
  expect(await page.locator('tbody tr').count()).toBe(0)
}
