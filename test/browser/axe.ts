/** Axe, which finds the faults of a page for assistive technology. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** By default, axe also describes each of the thousands of elements that it has no complaint about. */
export function createAxe(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).options({ resultTypes: ['violations'] })
}
