/** The public model catalogue: no key is asked for, and prices are told to who asks for them. */
import { pricedModels } from './request.ts'

export function readCatalogue(query: URLSearchParams) {
  const wanted = listOf(query.getAll('id'))
  const included = listOf(query.getAll('include'))
  const data = pricedModels()
    .filter(({ id }) => wanted.length === 0 || wanted.includes(id.toLowerCase()))
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
