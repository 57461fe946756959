import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BackupError, type Receiver, type RowBatch } from './snapshot.ts';

/*
 * A backup is a gzipped text. Its first line is a Head; then come lines of a Table, each followed by the rows of it, and
 * lines of a SequencePlace; its last line is an End with the SHA-256 of all lines before. A row is a JSON array of texts
 * and nulls, all other lines are JSON objects, whose first key says what they are.
 */

const headSchema = z.object({
  polylogue: z.literal('backup'),
  format: z.number(),
  /** The release that made the backup. */
  release: z.string(),
  /** RFC 3339. */
  madeAt: z.string(),
  migrations: z.array(z.string()),
  /** Null: the database had none. */
  authSecret: z.string().nullable(),
});
const tableSchema = z.object({ table: z.string(), columns: z.array(z.string()) });
const placeSchema = z.object({ sequence: z.string(), last: z.number(), isCalled: z.boolean() });
const endSchema = z.object({ rows: z.number(), sha256: z.string() });

export type BackupHead = z.infer<typeof headSchema>;

type End = z.infer<typeof endSchema>;

/** The version of the form. A reader refuses a higher one. */
const FORMAT = 1;
/** A line that is longer is none of ours: a row has at most a prompt, or an answer and its reasoning. */
const LINE_BYTES_MAX = 256 * 1024 * 1024;

/** Makes the lines of a backup from what it receives. */
export class BackupLines implements Receiver {
  readonly #about: Pick<BackupHead, 'release' | 'authSecret'>;
  readonly #write: (text: string) => Promise<void>;
  readonly #hash = createHash('sha256');
  readonly counts = new Map<string, number>();
  #table: string | null = null;

  /** @param write resolves when it can take more */
  constructor(about: Pick<BackupHead, 'release' | 'authSecret'>, write: (text: string) => Promise<void>) {
    this.#about = about;
    this.#write = write;
  }

  begin(migrations: readonly string[]): Promise<void> {
    const head: BackupHead = {
      polylogue: 'backup',
      format: FORMAT,
      madeAt: new Date().toISOString(),
      ...this.#about,
      migrations: [...migrations],
    };
    return this.#put([JSON.stringify(head)]);
  }

  takeRows({ table, columns, rows }: RowBatch): Promise<void> {
    const head = table === this.#table ? [] : [JSON.stringify({ table, columns })];
    this.#table = table;
    this.counts.set(table, (this.counts.get(table) ?? 0) + rows.length);
    return this.#put([...head, ...rows]);
  }

  takePlace(place: object): Promise<void> {
    return this.#put([JSON.stringify(place)]);
  }

  /** Writes the last line. */
  end(): Promise<void> {
    const rows = [...this.counts.values()].reduce((sum, count) => sum + count, 0);
    return this.#write(`${JSON.stringify({ rows, sha256: this.#hash.digest('hex') } satisfies End)}\n`);
  }

  #put(lines: readonly string[]): Promise<void> {
    const text = `${lines.join('\n')}\n`;
    this.#hash.update(text);
    return this.#write(text);
  }
}

/** How many bytes of rows are handed over at once. */
const BATCH_BYTES = 1024 * 1024;

/**
 * Reads the lines of a backup and hands over what is in them.
 *
 * @param receiver gets the contents; null: they are only checked
 * @throws BackupError if the lines are not a whole backup as it was written
 */
export async function readBackupLines(chunks: AsyncIterable<Buffer>, receiver: Receiver | null): Promise<BackupHead> {
  const hash = createHash('sha256');
  const reading = new BackupReading(receiver);
  let ended: End | null = null;
  for await (const line of linesOf(chunks)) {
    if (ended) throw damaged();
    if (reading.head && beginsWith(line, '{"rows"')) {
      ended = parse(endSchema, line);
      continue;
    }
    hash.update(line).update('\n');
    await reading.take(line);
  }
  if (!ended) throw new BackupError('The backup is not whole: its end is missing.');
  if (ended.rows !== reading.rows || ended.sha256 !== hash.digest('hex')) throw damaged();
  await reading.flush();
  return reading.head as BackupHead;
}

function beginsWith(line: Buffer, beginning: string): boolean {
  return line.subarray(0, beginning.length).toString('latin1') === beginning;
}

class BackupReading {
  readonly #receiver: Receiver | null;
  head: BackupHead | null = null;
  rows = 0;
  #table: z.infer<typeof tableSchema> | null = null;
  #batch: string[] = [];
  #bytes = 0;

  constructor(receiver: Receiver | null) {
    this.#receiver = receiver;
  }

  async take(line: Buffer): Promise<void> {
    if (!this.head) {
      this.head = parseHead(line);
      await this.#receiver?.begin(this.head.migrations);
    } else if (beginsWith(line, '[')) {
      if (!this.#table) throw damaged();
      this.rows += 1;
      if (!this.#receiver) return;
      this.#batch.push(line.toString());
      this.#bytes += line.length;
      if (this.#bytes >= BATCH_BYTES) await this.flush();
    } else {
      await this.flush();
      if (beginsWith(line, '{"table"')) this.#table = parse(tableSchema, line);
      else await this.#receiver?.takePlace(parse(placeSchema, line));
    }
  }

  async flush(): Promise<void> {
    const rows = this.#batch;
    if (rows.length === 0 || !this.#table) return;
    this.#batch = [];
    this.#bytes = 0;
    await this.#receiver?.takeRows({ ...this.#table, rows });
  }
}

function parseHead(line: Buffer): BackupHead {
  const head = headSchema.safeParse(parseJson(line));
  if (!head.success) throw new BackupError('The file is no backup of Polylogue.');
  if (head.data.format > FORMAT) {
    throw new BackupError(
      `The backup was made by a newer release (${head.data.release}). Restore it with that release.`,
    );
  }
  return head.data;
}

function parse<Schema extends z.ZodType>(schema: Schema, line: Buffer): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(line));
  if (!parsed.success) throw damaged();
  return parsed.data;
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return null;
  }
}

export function damaged(): BackupError {
  return new BackupError('The backup is damaged, or somebody changed it.');
}

/** Lines without their ends. A last line without an end is left out: the backup was cut off there. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', start)) {
      const piece = chunk.subarray(start, end);
      yield begun.length > 0 ? Buffer.concat([...begun, piece]) : piece;
      begun = [];
      bytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    bytes += chunk.length - start;
    if (bytes > LINE_BYTES_MAX) throw new BackupError('The file is no backup of Polylogue: a line of it never ends.');
    begun.push(start === 0 ? chunk : chunk.subarray(start));
  }
}
