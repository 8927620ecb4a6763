/** Who may see and do what: the introduction of the API's description. A test compares it with the routes. */

export const introduction = `Turns "make me a video" into an event: post a job, hang up, and receive a signed webhook when the job ends.

## Who may see and do what

One deployment serves one team. An API key says who calls. It does not limit what the caller sees: a team that must not see another team's jobs needs a deployment of its own.

**Every API key** may, whichever key made the thing:

- list and show every job (\`/v1/jobs\`): its prompt, media URLs, callback URL, metadata, cost, faults and timeline;
- download every video, and make links that open a video without a key (\`/v1/jobs/{id}/outputs/{n}\`, \`/v1/jobs/{id}/links\`);
- cancel, retry and erase every job. A retry belongs to the key that asks for it. Its events go to the callback URL of the job that it repeats, signed with the secret that signs for that job;
- show, download and delete every asset, and name it in a job (\`/v1/assets\`);
- list every delivery, with its URL, its body and the first kilobyte of each answer, and send it again (\`/v1/deliveries\`);
- list, create, change, disable, enable and delete every endpoint (\`/v1/endpoints\`). An endpoint receives the events of the jobs of all keys;
- estimate a job, list the models, read the statistics and the deep health (\`/v1/estimates\`, \`/v1/models\`, \`/v1/stats\`, \`/healthz?deep\`);
- test a callback URL (\`/v1/callbacks/test\`).

**An API key for itself alone** may rotate its callback secret, list the hosts that its callbacks are disabled for, and enable them (\`/v1/api-keys/{id}/rotate-secret\`, \`…/disabled-callbacks\`, \`…/enable-callbacks\`). Its Idempotency-Keys, its rate limit and its limit on callback tests are its own.

**The admin key** (a setting of the deployment) may do all of this for every key. It alone may create, list and revoke API keys (\`/v1/api-keys\`). It has no callback secret: each of its jobs with a callback_url needs a callback_secret, and so does each of its callback tests.

**Without a key** these open: \`/healthz\` (not deep), \`/openapi.json\`, \`/.well-known/webhook-keys.json\`, and a video or an asset by a signed link until the link ends. Providers post to \`/webhooks/…\` and upload to \`/uploads/…\` with a token in the path that is good for one job at one provider, or one upload.

**No key** shows an API key or a secret after it was created, the keys of the providers, or the URLs that the providers call. A revoked key opens nothing. Its jobs go on, and their events are still signed with its secret.`
