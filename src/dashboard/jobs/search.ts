/** Finds a page or an entry of metadata by the text of the search field. No I/O. */

type Search = { finds: 'page'; path: string } | { finds: 'metadata'; entry: string } | { finds: 'nothing' }

/** The pages that an id leads to, by its prefix. */
const pages = new Map([
  ['job', '/jobs/'],
  ['dlv', '/deliveries/'],
  ['ep', '/endpoints/'],
])

const id = /^([a-z]+)_[0-9a-z]{26}$/
/** The address of a job or of its video has the id of the job in its path. */
const link = /^https?:\/\/[^?#]*\/(job_[0-9a-z]{26})(?:[/?#]|$)/
const metadataEntry = /^[^=\s][^=]*=./s

export function searchOf(text: string): Search {
  const wanted = link.exec(text)?.[1] ?? text
  const page = pages.get(id.exec(wanted)?.[1] ?? '')
  if (page !== undefined) return { finds: 'page', path: `${page}${wanted}` }
  return metadataEntry.test(text) ? { finds: 'metadata', entry: text } : { finds: 'nothing' }
}
