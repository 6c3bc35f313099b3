import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Journal } from '../../local/journal.ts';

interface Line {
  readonly n: number;
  readonly text?: string;
}

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-journal-'));
  path = join(folder, 'x.journal');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(): Promise<Line[]> {
  const lines: Line[] = [];
  const journal = await Journal.open<Line>(path, (line) => lines.push(line));
  await journal.close();
  return lines;
}

async function write(...lines: Line[]): Promise<void> {
  const journal = await Journal.open<Line>(path, () => undefined);
  for (const line of lines) await journal.append(line);
  await journal.close();
}

describe('replay', () => {
  test('a file that does not exist is an empty journal', async () => {
    expect(await read()).toEqual([]);
  });

  test('what was appended is replayed in order, over several openings', async () => {
    await write({ n: 1 }, { n: 2, text: 'a\nb — ü 😀' });
    await write({ n: 3 });
    expect(await read()).toEqual([{ n: 1 }, { n: 2, text: 'a\nb — ü 😀' }, { n: 3 }]);
  });

  test('an append is in the file once it resolves, before the journal is closed', async () => {
    const journal = await Journal.open<Line>(path, () => undefined);
    await journal.append({ n: 1 });
    expect(await readFile(path, 'utf8')).toBe('{"n":1}\n');
    await journal.close();
  });

  test('only its owner may read the file', async () => {
    await write({ n: 1 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

describe('a torn tail', () => {
  const lines: Line[] = [{ n: 1, text: 'ü' }, { n: 2, text: '😀' }, { n: 3, text: 'end' }];

  test('whatever byte the file was cut at, the whole lines before it are there and appending goes on', async () => {
    await write(...lines);
    const full = await readFile(path);
    for (let cut = 0; cut <= full.length; cut += 1) {
      const part = full.subarray(0, cut);
      await writeFile(path, part);
      const whole = lines.slice(0, part.filter((byte) => byte === 0x0a).length);
      expect(await read(), `cut at ${cut}`).toEqual(whole);
      await write({ n: 99 });
      expect(await read(), `appended after a cut at ${cut}`).toEqual([...whole, { n: 99 }]);
    }
  });

  test('the torn bytes are gone from the file after opening', async () => {
    await writeFile(path, '{"n":1}\n{"n":2,"te');
    await read();
    expect(await readFile(path, 'utf8')).toBe('{"n":1}\n');
  });
});

describe('damage', () => {
  test.each([
    ['the first line', '{"n":\n{"n":2}\n{"n":3}\n', 1],
    ['a middle line', '{"n":1}\n{"n"2}\n{"n":3}\n', 2],
    ['the last whole line', '{"n":1}\n{"n":2}\n{]\n', 3],
    ['an empty line', '{"n":1}\n\n{"n":3}\n', 2],
    ['zeros', `{"n":1}\n${'\0'.repeat(8)}\n{"n":3}\n`, 2],
    ['a line before a torn tail', '{"n":1}\nx\n{"n', 2],
  ])('in %s is an error that names file and line', async (_what, text, line) => {
    await writeFile(path, text);
    await expect(read()).rejects.toThrow(`${path}:${line} is damaged`);
  });
});

describe('concurrent appends', () => {
  test('are all there, in the order of the calls', async () => {
    const journal = await Journal.open<Line>(path, () => undefined);
    const lines = Array.from({ length: 500 }, (_, n) => ({ n }));
    await Promise.all(lines.map((line) => journal.append(line)));
    await journal.close();
    expect(await read()).toEqual(lines);
  });

  test('that start in different turns of the event loop keep their order too', async () => {
    const journal = await Journal.open<Line>(path, () => undefined);
    const lines = Array.from({ length: 60 }, (_, n) => ({ n }));
    const running: Promise<void>[] = [];
    for (const line of lines) {
      running.push(journal.append(line));
      if (line.n % 3 === 0) await Promise.resolve();
      if (line.n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(running);
    await journal.close();
    expect(await read()).toEqual(lines);
  });

  test('closing waits for appends that nobody waited for', async () => {
    const journal = await Journal.open<Line>(path, () => undefined);
    void journal.append({ n: 1 });
    void journal.append({ n: 2 });
    await journal.close();
    expect(await read()).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('are on disk when they resolve, also while others wait for the one before', async () => {
    const journal = await Journal.open<Line>(path, () => undefined);
    const appendAndLook = async (n: number): Promise<void> => {
      for (let turn = 0; turn < n % 7; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await journal.append({ n });
      expect(await readFile(path, 'utf8')).toContain(`{"n":${n}}`);
    };
    await Promise.all(Array.from({ length: 50 }, (_, n) => appendAndLook(n)));
    await journal.close();
  });

  test('are refused after a write that failed: what stands at the end is not known', async () => {
    const journal = await Journal.open<Line>(path, () => undefined);
    await journal.close();
    await expect(journal.append({ n: 1 })).rejects.toThrow();
    await expect(journal.append({ n: 2 })).rejects.toThrow();
    expect(await readFile(path, 'utf8')).toBe('');
  });

  test('an entry is written as it was at the call', async () => {
    const journal = await Journal.open<{ n: number }>(path, () => undefined);
    const entry = { n: 1 };
    const appended = journal.append(entry);
    entry.n = 2;
    await appended;
    await journal.close();
    expect(await read()).toEqual([{ n: 1 }]);
  });
});

describe('compact', () => {
  test('replaces the file, and appending goes on after it', async () => {
    const journal = await Journal.open<Line>(path, () => undefined);
    for (let n = 0; n < 10; n += 1) await journal.append({ n });
    await journal.compact([{ n: 100 }, { n: 101 }]);
    await journal.append({ n: 102 });
    await journal.close();
    expect(await read()).toEqual([{ n: 100 }, { n: 101 }, { n: 102 }]);
  });

  test('to nothing leaves an empty journal', async () => {
    const journal = await Journal.open<Line>(path, () => undefined);
    await journal.append({ n: 1 });
    await journal.compact([]);
    await journal.close();
    expect(await read()).toEqual([]);
  });

  test('a half-written replacement that a killed process left does no harm', async () => {
    await write({ n: 1 });
    await writeFile(`${path}.new`, '{"n":7}\n{"n');
    expect(await read()).toEqual([{ n: 1 }]);
    const journal = await Journal.open<Line>(path, () => undefined);
    await journal.compact([{ n: 2 }]);
    await journal.close();
    expect(await read()).toEqual([{ n: 2 }]);
  });
});
