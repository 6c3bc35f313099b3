import type { Key, Material } from '../../local/kms/key.ts';

const dayMs = 86_400_000;

/** What a key of the estate truly is, written down beside how it is made and without asking Rota. */
export interface Truth {
  readonly class: 'aws-managed' | 'rotates' | 'rotation-off' | 'manual' | 'disabled' | 'retained' | 'pending-deletion';
  readonly why?: 'imported' | 'asymmetric' | 'hmac';
  readonly periodDays?: number;
  readonly findings: readonly string[];
}

/** How one kind of key is made, how many of a thousand are such, and what is true of it. */
export interface Kind {
  readonly name: string;
  readonly perThousand: number;
  readonly key: Partial<Key>;
  /** Days since it was made. */
  readonly ageDays: number;
  /** Of ten such keys, how many have an alias. */
  readonly aliasesInTen: number;
  /** In `rota.yaml`, every 365 days with a warning of 30. */
  readonly registered?: boolean;
  /** Its primary key is in another Region and has this rotation. */
  readonly replicaOf?: { readonly region: string; readonly rotation?: Key['rotation'] };
  readonly truth: Truth;
}

/** A material whose bytes nobody opens: an estate is for reading, not for cryptography. */
export const material = (id: string, more: Partial<Material> = {}): Material => ({ id: id.padEnd(64, '0'), state: 'CURRENT', sealed: 'AA==', ...more });

const every = (periodDays: number, nowMs: number) => ({ rotation: { periodDays, sinceMs: nowMs - 10 * dayMs } });
const imported = (more: Partial<Material> = {}): Partial<Key> => ({ origin: 'EXTERNAL', materials: [material('ab', more)] });
const deleted = (nowMs: number): Partial<Key> => ({ deletion: { windowDays: 30, atMs: nowMs + 20 * dayMs } });
const signing = (spec: Key['spec']): Partial<Key> => ({ spec, usage: 'SIGN_VERIFY' });
const hmac: Partial<Key> = { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' };

const rotatedInPlace = (nowMs: number, times: number, newestDaysAgo: number): Material[] =>
  Array.from({ length: times + 1 }, (_, i) =>
    material(`c${i}`, {
      state: i === times ? 'CURRENT' : 'NON_CURRENT',
      ...(i === 0 ? {} : { rotatedMs: nowMs - (newestDaysAgo + (times - i) * 30) * dayMs, rotationType: 'ON_DEMAND' as const }),
    }),
  );

const manual = (why: NonNullable<Truth['why']>, ...findings: string[]): Truth => ({ class: 'manual', why, findings });
const goes: Truth = { class: 'pending-deletion', findings: [] };

/** All kinds of keys that the embedded KMS has, but for AWS managed ones. Together they make 1,000. */
export const kindsAt = (nowMs: number): readonly Kind[] => [
  { name: 'rotates yearly', perThousand: 380, key: every(365, nowMs), ageDays: 900, aliasesInTen: 7, truth: { class: 'rotates', periodDays: 365, findings: [] } },
  { name: 'rotates every 90 days', perThousand: 40, key: every(90, nowMs), ageDays: 900, aliasesInTen: 9, truth: { class: 'rotates', periodDays: 90, findings: [] } },
  { name: 'rotates, but is disabled', perThousand: 10, key: { ...every(365, nowMs), enabled: false }, ageDays: 900, aliasesInTen: 5, truth: { class: 'rotates', periodDays: 365, findings: [] } },
  { name: 'does not rotate', perThousand: 190, key: {}, ageDays: 700, aliasesInTen: 7, truth: { class: 'rotation-off', findings: ['rotation-off'] } },
  { name: 'does not rotate and is disabled', perThousand: 15, key: { enabled: false }, ageDays: 700, aliasesInTen: 3, truth: { class: 'disabled', findings: [] } },
  { name: 'multi-Region, rotates', perThousand: 20, key: { ...every(365, nowMs), multiRegion: { primaryRegion: 'eu-central-1' } }, ageDays: 500, aliasesInTen: 9, truth: { class: 'rotates', periodDays: 365, findings: [] } },
  { name: 'multi-Region, does not rotate', perThousand: 5, key: { multiRegion: { primaryRegion: 'eu-central-1' } }, ageDays: 500, aliasesInTen: 9, truth: { class: 'rotation-off', findings: ['rotation-off'] } },
  { name: 'replica of a key that rotates', perThousand: 5, key: { multiRegion: { primaryRegion: 'eu-west-1' } }, replicaOf: { region: 'eu-west-1', ...every(180, nowMs) }, ageDays: 400, aliasesInTen: 9, truth: { class: 'rotates', periodDays: 180, findings: [] } },
  { name: 'imported, registered, in time', perThousand: 25, key: imported(), ageDays: 200, aliasesInTen: 10, registered: true, truth: manual('imported') },
  { name: 'imported, registered, due soon', perThousand: 5, key: imported(), ageDays: 345, aliasesInTen: 10, registered: true, truth: manual('imported', 'due-soon') },
  { name: 'imported, registered, overdue', perThousand: 5, key: imported(), ageDays: 500, aliasesInTen: 10, registered: true, truth: manual('imported', 'overdue') },
  { name: 'imported and forgotten', perThousand: 15, key: imported(), ageDays: 500, aliasesInTen: 8, truth: manual('imported', 'unregistered') },
  { name: 'imported, rotated in place in time', perThousand: 8, key: { origin: 'EXTERNAL', materials: rotatedInPlace(nowMs, 3, 100) }, ageDays: 800, aliasesInTen: 10, registered: true, truth: manual('imported') },
  { name: 'imported, rotations used up', perThousand: 2, key: { origin: 'EXTERNAL', materials: rotatedInPlace(nowMs, 25, 50) }, ageDays: 900, aliasesInTen: 10, registered: true, truth: manual('imported', 'rotations-used-up') },
  { name: 'imported, material expires soon', perThousand: 10, key: imported({ validToMs: nowMs + 5 * dayMs }), ageDays: 100, aliasesInTen: 10, registered: true, truth: manual('imported', 'material-expires') },
  { name: 'imported, material gone', perThousand: 8, key: imported({ sealed: undefined }), ageDays: 100, aliasesInTen: 10, registered: true, truth: manual('imported', 'no-material') },
  { name: 'made by Rota', perThousand: 27, key: { ...imported(), tags: { 'rota:rotation': 'made-20260101T000000-0001', 'rota:predecessor': 'x' } }, ageDays: 90, aliasesInTen: 10, registered: true, truth: manual('imported') },
  { name: 'put aside by Rota', perThousand: 20, key: { ...imported(), tags: { 'rota:retained-for': 'made-20260101T000000-0001', 'rota:successor': 'x' } }, ageDays: 455, aliasesInTen: 0, truth: { class: 'retained', findings: [] } },
  { name: 'HMAC, registered', perThousand: 12, key: hmac, ageDays: 30, aliasesInTen: 10, registered: true, truth: manual('hmac') },
  { name: 'HMAC, forgotten', perThousand: 8, key: hmac, ageDays: 30, aliasesInTen: 8, truth: manual('hmac', 'unregistered') },
  { name: 'HMAC, imported', perThousand: 5, key: { ...hmac, ...imported() }, ageDays: 30, aliasesInTen: 10, registered: true, truth: manual('imported') },
  { name: 'signs with RSA, registered', perThousand: 20, key: signing('RSA_2048'), ageDays: 300, aliasesInTen: 10, registered: true, truth: manual('asymmetric') },
  { name: 'signs with RSA, overdue', perThousand: 10, key: signing('RSA_4096'), ageDays: 400, aliasesInTen: 10, registered: true, truth: manual('asymmetric', 'overdue') },
  { name: 'encrypts with RSA, forgotten', perThousand: 10, key: { spec: 'RSA_3072' }, ageDays: 300, aliasesInTen: 8, truth: manual('asymmetric', 'unregistered') },
  { name: 'signs with ECC, disabled', perThousand: 5, key: { ...signing('ECC_NIST_P384'), enabled: false }, ageDays: 800, aliasesInTen: 5, truth: { class: 'disabled', findings: [] } },
  { name: 'signs with ECC, registered', perThousand: 20, key: signing('ECC_NIST_P256'), ageDays: 20, aliasesInTen: 10, registered: true, truth: manual('asymmetric') },
  { name: 'agrees on keys', perThousand: 2, key: { spec: 'ECC_NIST_P521', usage: 'KEY_AGREEMENT' }, ageDays: 20, aliasesInTen: 10, registered: true, truth: manual('asymmetric') },
  { name: 'signs with Ed25519, forgotten', perThousand: 3, key: signing('ECC_NIST_EDWARDS25519'), ageDays: 20, aliasesInTen: 8, truth: manual('asymmetric', 'unregistered') },
  { name: 'symmetric, to be deleted', perThousand: 80, key: { ...every(365, nowMs), ...deleted(nowMs) }, ageDays: 600, aliasesInTen: 2, truth: goes },
  { name: 'imported, to be deleted', perThousand: 20, key: { ...imported(), ...deleted(nowMs) }, ageDays: 600, aliasesInTen: 2, truth: goes },
  { name: 'asymmetric, to be deleted', perThousand: 15, key: { ...signing('RSA_2048'), ...deleted(nowMs) }, ageDays: 600, aliasesInTen: 2, truth: goes },
];
