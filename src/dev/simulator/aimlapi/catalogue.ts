/** The public model catalogue: it needs no key, and includes prices on request. */
import { pricedModels } from './request.ts'

export function readCatalogue(query: URLSearchParams) {
  const ids = listOf(query.getAll('id'))
  const included = listOf(query.getAll('include'))
  const data = pricedModels()
    .filter(({ id }) => ids.length === 0 || ids.includes(id.toLowerCase()))
    .map(({ id, prices }) => ({
      id,
      aliases: [],
      type: 'video',
      info: { name: id, developer: 'ByteDance' },
      tags: [],
      ...(included.some((section) => section === 'pricing' || section === 'all') && {
        pricing: {
          kind: 'variants',
          dimensions: ['resolution'],
          variants: prices.map(([resolution, price]) => ({
            when: { resolution },
            price,
            unit: 'second',
            per: 1,
          })),
        },
      }),
    }))
  return { object: 'list', data }
}

/** Repeated or comma-separated, in any case. */
function listOf(values: string[]): string[] {
  return values.flatMap((value) => value.toLowerCase().split(','))
}
