import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { Journal } from './journal.ts';
import type { Caller, Service } from './service.ts';
import { AwsError } from './wire/errors.ts';

/** EventBridge as far as putting events goes; what was put can be read again by whoever rehearses. */
export class Events implements Service {
  readonly #events: Record<string, unknown>[] = [];
  readonly #clock: Clock;
  #journal: Journal<Record<string, unknown>> | undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async open(folder: string, clock: Clock): Promise<Events> {
    await mkdir(folder, { recursive: true });
    const events = new Events(clock);
    events.#journal = await Journal.open<Record<string, unknown>>(join(folder, 'events.journal'), (event) => events.#events.push(event));
    return events;
  }

  list(): readonly Record<string, unknown>[] {
    return this.#events;
  }

  async put(source: string, detailType: string, detail: unknown, accountId: string, region: string): Promise<string> {
    const event = { id: randomUUID(), version: '0', account: accountId, region, time: new Date(this.#clock.now()).toISOString(), source, 'detail-type': detailType, resources: [], detail };
    this.#events.push(event);
    await this.#journal?.append(event);
    return event.id;
  }

  async handle(operation: string, input: Record<string, unknown>, { accountId, region }: Caller): Promise<Record<string, unknown>> {
    if (operation !== 'PutEvents') throw new AwsError('UnknownOperationException', `The embedded EventBridge does not do ${operation}.`);
    const entries = input.Entries;
    if (!Array.isArray(entries) || entries.length < 1 || entries.length > 10) throw new AwsError('ValidationException', 'Entries must have 1 to 10 members.');
    const results: Record<string, string>[] = [];
    for (const { Source, DetailType, Detail } of entries as { Source?: string; DetailType?: string; Detail?: string }[]) {
      if (!Source || !DetailType || !Detail) results.push({ ErrorCode: 'InvalidArgument', ErrorMessage: 'Source, DetailType and Detail are required.' });
      else results.push({ EventId: await this.put(Source, DetailType, JSON.parse(Detail), accountId, region) });
    }
    return { FailedEntryCount: results.filter((r) => r.ErrorCode !== undefined).length, Entries: results };
  }

  async close(): Promise<void> {
    await this.#journal?.close();
  }
}
