import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Expectation } from '../core/findings/expected-aliases.ts';
import { KeyLine } from '../core/findings/key-line.ts';
import { secondsPerDay } from '../core/clock.ts';
import { KpiFact } from '../core/kpi/facts.ts';
import { figuresOf, type KpiFigures, type KpiReport } from '../core/kpi/report.ts';
import { addFacts, noFacts, type KpiTally } from '../core/kpi/tally.ts';
import { getObject } from './get-object.ts';
import { listObjects } from './list-objects.ts';

/** The counts of an account and Region at its last sweep. */
export interface PlaceSummary {
  readonly place: string;
  /** ISO 8601, UTC. */
  readonly sweptAt: string;
  readonly byClass: Readonly<Record<string, number>>;
  /** When a sweep found that the registry no longer names it as a target. ISO 8601, UTC. */
  readonly leftAt?: string;
}

/** Of the aliases of the registry, since when the material that each leads to is there, as the last sweep saw it. ISO 8601, UTC. */
export interface SweptMaterials {
  readonly sweptAt: string;
  readonly sinceAtOfAlias: Readonly<Record<string, string>>;
}

/** A tally, and the day (`YYYY-MM-DD`, UTC) on which it was stored. */
interface StoredTally {
  readonly day: string;
  readonly tally: KpiTally;
}

const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/**
 * What sweeps leave: the keys of each place as last seen, the facts that KPIs are made of, and their tally. Facts are written once, each file
 * by one writer and never again; keys and tally are replaced, and could be made anew from a sweep and from the facts. Beside them, for a day, the pieces of
 * long requests and answers of the API.
 */
export class RecordBucket {
  readonly #s3: S3Client;
  readonly #bucket: string;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.#bucket = bucket;
  }

  /** The keys of an account and Region (`111122223333/eu-central-1`) at the last sweep. */
  async keys(place: string): Promise<KeyLine[]> {
    return linesOf(await this.#get(`keys/${place}.ndjson`), (line) => KeyLine.parse(line));
  }

  async putKeys(place: string, keys: readonly KeyLine[]): Promise<void> {
    await this.#put(`keys/${place}.ndjson`, lines(keys), 'application/x-ndjson');
  }

  async putSummary(summary: PlaceSummary): Promise<void> {
    await this.#put(`summaries/${summary.place}.json`, JSON.stringify(summary), 'application/json');
  }

  /** Of every place that was ever swept and is not left, by name. */
  async summaries(): Promise<PlaceSummary[]> {
    const texts = await Promise.all((await this.#list('summaries/')).map((key) => this.#get(key)));
    return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as PlaceSummary])).filter(({ leftAt }) => leftAt === undefined);
  }

  /** Where each alias of the registry should lead, as far as no rotation says so. */
  async aliases(place: string): Promise<Record<string, Expectation>> {
    return JSON.parse((await this.#get(`aliases/${place}.json`)) ?? '{}') as Record<string, Expectation>;
  }

  async putAliases(place: string, aliases: Readonly<Record<string, Expectation>>): Promise<void> {
    await this.#put(`aliases/${place}.json`, JSON.stringify(aliases), 'application/json');
  }

  /** Of the place where Rota rotates, the only one whose aliases the registry knows; undefined before its first sweep. */
  async materials(): Promise<SweptMaterials | undefined> {
    const text = await this.#get('materials.json');
    return text === undefined ? undefined : (JSON.parse(text) as SweptMaterials);
  }

  async putMaterials(materials: SweptMaterials): Promise<void> {
    await this.#put('materials.json', JSON.stringify(materials), 'application/json');
  }

  /** Adds facts, in a file of their own. `writer` tells apart whoever writes on the same day, attempts of the same one too. */
  async addFacts(day: string, writer: string, facts: readonly KpiFact[]): Promise<void> {
    if (facts.length > 0) await this.#put(`facts/${day}/${writer}.ndjson`, lines(facts), 'application/x-ndjson');
  }

  /** The facts that were written from one day on (left out, all that ever were), file by file. */
  async *factsFrom(firstDay = ''): AsyncGenerator<KpiFact[]> {
    for (const key of await this.#list('facts/', `facts/${firstDay}`)) yield linesOf(await this.#get(key), (line) => KpiFact.parse(line));
  }

  /** What all facts come to: the stored tally, and what was told since. */
  async tallySoFar(): Promise<KpiTally> {
    const text = await this.#get('kpi/tally.json');
    const stored = text === undefined ? undefined : (JSON.parse(text) as StoredTally);
    let tally = stored?.tally ?? noFacts;
    // Facts have the day on which their writer began, and may be written after the tally of the next: twice does no harm.
    for await (const facts of this.factsFrom(stored === undefined ? '' : dayBefore(stored.day))) tally = addFacts(tally, facts);
    return tally;
  }

  /** Stores a tally that has every fact of the days before. */
  async putTally(day: string, tally: KpiTally): Promise<void> {
    await this.#put('kpi/tally.json', JSON.stringify({ day, tally } satisfies StoredTally), 'application/json');
  }

  /** The KPIs as they stood at the last sweep of a day, and beside them their figures alone: a report names each key behind them. */
  async putReport(day: string, report: KpiReport): Promise<void> {
    await this.#put(`kpi/reports/${day}.json`, JSON.stringify(report), 'application/json');
    await this.#put(`kpi/figures/${day}.json`, JSON.stringify(figuresOf(report)), 'application/json');
  }

  async figures(day: string): Promise<KpiFigures | undefined> {
    const text = await this.#get(`kpi/figures/${day}.json`);
    if (text !== undefined) return JSON.parse(text) as KpiFigures;
    // An earlier release wrote the report alone.
    const report = await this.report(day);
    return report === undefined ? undefined : figuresOf(report);
  }

  /** The days of which there is a report, oldest first. */
  async reportDays(): Promise<string[]> {
    return (await this.#list('kpi/reports/')).map((key) => key.replace(/^kpi\/reports\/|\.json$/g, ''));
  }

  async report(day: string): Promise<KpiReport | undefined> {
    const text = await this.#get(`kpi/reports/${day}.json`);
    return text === undefined ? undefined : (JSON.parse(text) as KpiReport);
  }

  /** A piece of a long body (core/pieces.ts). Of no use after the command that made it: a rule of the bucket takes it away after a day. */
  async putPiece(name: string, bytes: Uint8Array): Promise<void> {
    await this.#put(`pieces/${name}`, bytes, 'application/octet-stream');
  }

  async piece(name: string): Promise<Buffer | undefined> {
    return getObject(this.#s3, this.#bucket, `pieces/${name}`);
  }

  async #list(prefix: string, startAfter?: string): Promise<string[]> {
    return listObjects(this.#s3, this.#bucket, prefix, startAfter);
  }

  async #put(key: string, body: string | Uint8Array, contentType: string): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body, ContentType: contentType }));
  }

  async #get(key: string): Promise<string | undefined> {
    return (await getObject(this.#s3, this.#bucket, key))?.toString('utf8');
  }
}

const dayBefore = (day: string): string => new Date(Date.parse(day) - secondsPerDay * 1000).toISOString().slice(0, 10);

function linesOf<T>(text: string | undefined, read: (line: unknown) => T): T[] {
  return (text ?? '').split('\n').filter((line) => line !== '').map((line) => read(JSON.parse(line)));
}
