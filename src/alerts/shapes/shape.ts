/** The shape of a message, chosen by the host of the receiver. No I/O. */
import type { Message } from '../message.ts'
import { discordBody } from './discord.ts'
import { slackBody } from './slack.ts'
import { webhookBody } from './webhook.ts'

export type Shape = 'webhook' | 'slack' | 'discord'

export function shapeOf(url: string): Shape {
  const { hostname, pathname } = new URL(url)
  if (hostname === 'hooks.slack.com' || hostname === 'hooks.slack-gov.com') return 'slack'
  const isDiscord = /^(?:[a-z]+\.)?discord(?:app)?\.com$/.test(hostname)
  return isDiscord && /^\/api\/(?:v\d+\/)?webhooks\//.test(pathname) ? 'discord' : 'webhook'
}

export function bodyOf(shape: Shape, message: Message): string {
  switch (shape) {
    case 'webhook':
      return JSON.stringify(webhookBody(message))
    case 'slack':
      return JSON.stringify(slackBody(message))
    case 'discord':
      return JSON.stringify(discordBody(message))
  }
}
