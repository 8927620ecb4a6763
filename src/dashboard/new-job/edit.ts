/** The buttons of the form that change what is in it: `remove:reference_images:0`, `up:reference_images:1`, `tag:image:1`. No I/O. */
import { type MediaField, mediaFields } from '../../core/request/media.ts'
import { renderPrompt, type TagKind } from '../../core/request/prompt.ts'
import { listIn, setList, textIn, type Values } from './values.ts'

/** The word of a tag that refers to a reference. A tag cannot refer to a frame. */
export const tagKinds: Readonly<Partial<Record<MediaField, TagKind>>> = {
  reference_images: 'image',
  reference_videos: 'video',
  reference_audios: 'audio',
}

export function edit(values: Values, action: string): void {
  const [verb, target, number] = action.split(':')
  if (verb === 'tag') addTag(values, `{{${target}:${number}}}`)
  const field = mediaFields.find((name) => name === target)
  if (field === undefined) return
  const list = listIn(values, field)
  const at = Number(number)
  if (verb === 'remove')
    moveTo(
      values,
      field,
      [...list.keys()].filter((index) => index !== at),
    )
  if (verb === 'up' && at > 0 && at < list.length)
    moveTo(values, field, [...list.keys()].toSpliced(at, 1).toSpliced(at - 1, 0, at))
}

/** The script inserts it at the cursor instead. */
function addTag(values: Values, tag: string): void {
  const prompt = textIn(values, 'prompt').trimEnd()
  values.set('prompt', prompt === '' ? tag : `${prompt} ${tag}`)
}

/** `order`: the indexes of the values that stay. The tags of the prompt follow their references. */
function moveTo(values: Values, field: MediaField, order: readonly number[]): void {
  const list = listIn(values, field)
  setList(
    values,
    field,
    order.flatMap((index) => list[index] ?? []),
  )
  const kind = tagKinds[field]
  if (kind === undefined) return
  const prompt = renderPrompt(textIn(values, 'prompt'), (tag, number) => {
    if (tag !== kind || number < 1 || number > list.length) return `{{${tag}:${number}}}`
    const now = order.indexOf(number - 1) + 1
    return now === 0 ? '' : `{{${tag}:${now}}}`
  })
  values.set('prompt', prompt)
}
