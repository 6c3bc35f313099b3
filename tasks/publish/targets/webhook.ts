import type { PublicationTarget } from '../../../core/registry/rollover-schema.ts';
import { currentSet, fetched, posted, type TargetAdapter } from './target.ts';

type WebhookTarget = Extract<PublicationTarget, { kind: 'webhook' }>;

/** Somebody's own endpoint gets every document in one POST; what it serves then is fetched where its consumers fetch it. */
export const webhookTarget: TargetAdapter<WebhookTarget> = {
  actions: [],
  deliver: async ({ url }, { alias, sequence, keySetSha256, documents }) => {
    await posted(url, JSON.stringify({ alias, sequence, keySetSha256, documents: documents.map(({ path, mediaType, body }) => ({ path, mediaType, body })) }));
  },
  readBack: async ({ readBackUrl }, set) => [{ document: currentSet(set), served: await fetched(readBackUrl) }],
};
