/** A person's way from a new endpoint to a delivery that is sent again and a receiver that is tested. */
import type { Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import type { Stage } from '../../src/dev/local/stage.ts'
import { listen } from '../support/listen.ts'
import { createAxe } from './axe.ts'

/** Of a person who has signed in as the admin and is at the list of endpoints. */
export async function sendsAgainAndTests(page: Page, { worker, adminApiKey }: Stage): Promise<void> {
  let secret = ''
  let isUp = false
  const receiver = await listen(async (request) => {
    if (!isUp) return new Response('<b>gone</b>', { status: 410 })
    try {
      new Webhook(secret).verify(await request.text(), Object.fromEntries(request.headers))
      return new Response('ok')
    } catch {
      return new Response('refused', { status: 401 })
    }
  })
  await page.getByRole('link', { name: 'New endpoint' }).click()
  await page.getByLabel('URL').fill(`${receiver.url}/hook`)
  await page.getByLabel('Only jobs with this metadata').fill('tenant=7')
  await looksRight(page)
  await page.getByRole('button', { name: 'Create the endpoint' }).click()
  secret = (await page.locator('pre').textContent()) ?? ''
  expect(secret).toMatch(/^whsec_/)

  await postFailingJob(worker.url, adminApiKey)
  await page.getByRole('link', { name: 'Deliveries' }).click()
  const failed = page.getByRole('row').filter({ hasText: 'responded with 410' })
  await expect.poll(() => reloaded(page, failed), { timeout: 60_000 }).toBe(1)
  await looksRight(page)
  await failed.getByRole('link', { name: 'job.failed' }).click()
  await page.getByText('Answer of the receiver').click()
  expect(await page.locator('#attempt-1 pre').last().textContent()).toBe('<b>gone</b>')
  await looksRight(page)

  isUp = true
  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByText('It is sent now.').first().waitFor()
  const accepted = page.getByText('The receiver has accepted it.')
  await expect.poll(() => reloaded(page, accepted), { timeout: 60_000 }).toBe(1)

  await page.goto(`${worker.url}/receiver-test?${new URLSearchParams({ url: `${receiver.url}/hook` })}`)
  await page.getByLabel('Signing secret').fill(secret)
  await page.getByRole('button', { name: 'Run the test' }).click()
  await page.getByRole('heading', { name: 'The receiver does everything right' }).waitFor()
  await looksRight(page)
  await receiver.close()
}

async function reloaded(page: Page, locator: ReturnType<Page['locator']>): Promise<number> {
  const count = await locator.count()
  if (count === 0) await page.getByRole('link', { name: 'Reload' }).click()
  return count
}

async function postFailingJob(url: string, adminApiKey: string): Promise<void> {
  const request = {
    model: 'seedance-2.0-mini',
    prompt: 'A paper boat sim(submit=402)',
    provider: 'runware',
    metadata: { tenant: '7' },
  }
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminApiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  expect(response.status, await response.text()).toBe(202)
}

async function looksRight(page: Page): Promise<void> {
  const { violations } = await createAxe(page).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}
