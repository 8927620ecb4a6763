/**
 * Prompt tags: `{{image:1}}`, `{{video:1}}` and `{{audio:1}}` point at the references, counted from 1.
 * Each provider has its own way of writing them. No I/O. No clock.
 */

export type TagKind = 'image' | 'video' | 'audio'

const tag = /\{\{(image|video|audio):(\d+)\}\}/g

export function renderPrompt(prompt: string, write: (kind: TagKind, number: number) => string): string {
  return prompt.replace(tag, (_, kind: TagKind, number: string) => write(kind, Number(number)))
}

/** Every tag of the prompt that points at a reference which is not there. */
export function danglingTags(prompt: string, counts: Record<TagKind, number>): string[] {
  return [...prompt.matchAll(tag)]
    .filter(([, kind, number]) => Number(number) < 1 || Number(number) > counts[kind as TagKind])
    .map(([whole]) => whole)
}
