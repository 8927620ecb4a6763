/** The filters that are set, above the list. */
import { shownMoment } from '../form.ts'
import { type Filters, firstPage, isFilter, listPath } from './filters.ts'

/** Each is a link to the list without it. */
export function FilterChips({ filters }: { filters: Filters }) {
  const set = filters.filter(isFilter)
  if (set.length === 0) return null
  return (
    <ul class="chips" aria-label="Filters that are set">
      {set.map((filter) => {
        const [name, value] = filter
        const isTime = name.startsWith('created_') && shownMoment(value) !== ''
        const words = isTime ? `${shownMoment(value).replace('T', ' ')} UTC` : value
        return (
          <li>
            <a class="chip" href={listPath(firstPage(filters.filter((other) => other !== filter)))}>
              {name.replace('_', ' ')} <b dir="auto">{words}</b>
              <span class="unseen">: remove this filter</span> <span aria-hidden="true">×</span>
            </a>
          </li>
        )
      })}
      <li>
        <a href={listPath(filters.filter(([name]) => name === 'limit'))}>Clear all filters</a>
      </li>
    </ul>
  )
}
