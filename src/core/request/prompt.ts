/**
 * Prompt tags: `{{image:1}}`, `{{video:1}}` and `{{audio:1}}` refer to the references, counted from 1. `[[image:1]]` is
 * the same, for tools that use `{{ }}` for templates. Spacing, case and full-width forms do not matter. Text that is
 * nearly a tag is refused: as plain text it would be paid for and mean nothing. No I/O. No clock.
 */

export type TagKind = 'image' | 'video' | 'audio'

/** The kinds as most providers write them in a prompt. */
export const capitalizedKinds = { image: 'Image', video: 'Video', audio: 'Audio' } as const

/** The prompt as it is sent to a provider. */
export function renderPrompt(prompt: string, write: (kind: TagKind, number: number) => string): string {
  return prompt.replace(group, (whole) => {
    const tag = readTag(whole)
    return tag === null ? whole : write(tag.kind, tag.number)
  })
}

/** Every tag without a reference, and all text that is nearly a tag. Empty: the prompt can be sent. */
export function tagFaults(prompt: string, counts: Record<TagKind, number>): string[] {
  const dangling: string[] = []
  const nearTags: string[] = []
  const rest = prompt.replace(group, (whole) => {
    const tag = readTag(whole)
    if (tag === null) nearTags.push(...nearTagFaults(whole))
    else if (tag.number < 1 || tag.number > counts[tag.kind]) dangling.push(whole)
    return ' '
  })
  for (const [whole, single, open] of rest.matchAll(brokenTag)) {
    if (mediaWords.has((single ?? open ?? '').toLowerCase())) nearTags.push(nearTagFault(whole.trim()))
  }
  return [
    ...(dangling.length > 0 ? [`${dangling.join(', ')} points at no reference`] : []),
    ...new Set(nearTags),
  ]
}

// Two brackets or more: Mustache and Handlebars use three. Full-width braces come from Chinese keyboards. The lookbehind
// keeps the matching of a long run of brackets linear.
const group = /(?<![{｛])[{｛]{2,}[^{}｛｝]*[}｝]{2,}|(?<!\[)\[{2,}[^[\]]*\]{2,}/gu

// Python's f-strings turn double braces into single ones. Two opening braces look like a tag even without a closing one.
const brokenTag =
  /(?<![{｛])[{｛]+\s*(\p{L}+)[\s:：_#-]*\p{N}+\s*[}｝]+|(?<![{｛[])[{｛[]{2,}\s*(\p{L}+)[\s:：_#-]*\p{N}+\]?/gu

function readTag(whole: string): { kind: TagKind; number: number } | null {
  const [, name, number] = /^(image|video|audio)\s*:\s*(\d+)$/.exec(contentOf(whole)) ?? []
  const kind = kinds.find((one) => one === name)
  return kind === undefined ? null : { kind, number: Number(number) }
}

function nearTagFaults(whole: string): string[] {
  const tokens = tokensOf(whole)
  const isTagLike = tokens.some(
    (token, at) =>
      mediaWords.has(token) && (tokens.length === 1 || isIndex(tokens[at - 1]) || isIndex(tokens[at + 1])),
  )
  // It has the shape of a tag and an unknown word, for example a misspelled one.
  return isTagLike || /^\p{L}+:\p{N}+$/u.test(tokens.join('')) ? [nearTagFault(whole)] : []
}

function nearTagFault(whole: string): string {
  return `${shorten(whole)} is nearly a tag: write ${rightSpelling(whole)}, or leave the brackets out`
}

function rightSpelling(whole: string): string {
  const tokens = tokensOf(whole)
  const kind = tokens.map((token) => mediaWords.get(token)).find((one) => one != null)
  const number = Number(tokens.find((token) => /^\d+$/.test(token))) || 1
  const write = (name: TagKind) => (whole.startsWith('[') ? `[[${name}:${number}]]` : `{{${name}:${number}}}`)
  return kind === undefined ? `${write('image')}, ${write('video')} or ${write('audio')}` : write(kind)
}

/** Words, numbers and colons. */
function tokensOf(whole: string): string[] {
  return contentOf(whole).match(/\p{L}+|\p{N}+|:/gu) ?? []
}

/** The text between the brackets, in plain characters: NFKC makes full-width ones narrow. */
function contentOf(whole: string): string {
  return whole
    .normalize('NFKC')
    .replace(/\p{Cf}|^[{[]+|[}\]]+$/gu, '')
    .trim()
    .toLowerCase()
}

function isIndex(token: string | undefined): boolean {
  return token !== undefined && (/^\p{N}+$|^:$/u.test(token) || numberWords.has(token))
}

function shorten(whole: string): string {
  return whole.length <= maxShown ? whole : `${[...whole].slice(0, maxShown).join('')}…`
}

const maxShown = 60

const kinds: readonly TagKind[] = ['image', 'video', 'audio']

/** Words for media that callers use in tags. A tag cannot refer to a frame, so `frame` has no correct spelling. */
const mediaWords = new Map<string, TagKind | null>([
  ...wordsFor('image', 'image images img imgs pic pics picture pictures photo photos'),
  ...wordsFor('video', 'video videos vid vids clip clips movie movies'),
  ...wordsFor('audio', 'audio audios sound sounds music'),
  ...wordsFor(null, 'frame frames'),
])

function wordsFor(kind: TagKind | null, words: string): [string, TagKind | null][] {
  return words.split(' ').map((word) => [word, kind])
}

const numberWords = new Set('one two three four five six seven eight nine first second third last'.split(' '))
