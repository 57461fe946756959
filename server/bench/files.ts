import { randomBytes } from 'node:crypto';
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { pdf, pdfStream } from '../test/reading/making.ts';
import { type Bench, end, open, paced } from './carrying.ts';
import type { Contender } from './contenders.ts';
import { type Figures, median, perContender } from './figures.ts';
import type { Watching } from './load-client.ts';
import { cookieOf, type Target } from './target-client.ts';

/** PDFs that are uploaded while answers stream, and how many at once. */
const UPLOADS = 100;
const AT_ONCE = 4;
const STREAMS = 100;
/** Of streams alone, then with uploads beside them. */
const ROUNDS = 5;

/**
 * How late deltas arrive while PDFs of a megabyte each are uploaded and read, beside how late they arrive without: in one
 * run, over the same streams.
 */
export function files(bench: Bench): Promise<Figures> {
  return perContender(bench, (contender) => uploading(bench, contender));
}

async function uploading(bench: Bench, contender: Contender): Promise<Figures> {
  const target = contender.target();
  const uploads = bench.quick ? UPLOADS / 5 : UPLOADS;
  // Loads what reads, as a server that runs has it.
  await bench.once(`first upload of ${contender.name}`, () => upload(target, megabytePdf(0), 0));
  // Made beforehand: this process is on one core with the provider and the client.
  const pdfs = Array.from({ length: uploads }, (_, index) => megabytePdf(index + 1));
  await open(bench, paced, { target, connections: STREAMS, models: 1 });
  await bench.provider.call('go');
  await delay(2_500);
  await watching(bench, contender, 'settling', () => delay(1_000));
  const loops = { alone: [] as Loops[], beside: [] as Loops[] };
  let uploadingMs = 0;
  // Whoever uploads is elsewhere: here it shares a core with the client, which must not wait for it.
  setPriority(19);
  // In turn, so that what else the machine does meets both.
  for (let round = 0; round < ROUNDS; round++) {
    loops.alone.push(await watching(bench, contender, 'alone', () => delay(bench.quick ? 1_000 : 3_000)));
    const startedAt = performance.now();
    const some = pdfs.splice(0, uploads / ROUNDS);
    loops.beside.push(await watching(bench, contender, 'beside', () => uploadAll(target, some)));
    uploadingMs += performance.now() - startedAt;
  }
  const alone = (await bench.client.call('lateness', 'alone')) as Lateness;
  const beside = (await bench.client.call('lateness', 'beside')) as Lateness;
  await end(bench);
  return {
    ...{ 'late.p50': alone.p50, 'late.p95': alone.p95, 'late.p99': alone.p99 },
    ...{ 'lateBeside.p50': beside.p50, 'lateBeside.p95': beside.p95, 'lateBeside.p99': beside.p99 },
    ...{ 'moved.p50': beside.p50 - alone.p50, 'moved.p95': beside.p95 - alone.p95 },
    ...{ 'loop.server': lag(loops.alone, 'server'), 'loop.client': lag(loops.alone, 'client') },
    ...{ 'loopBeside.server': lag(loops.beside, 'server'), 'loopBeside.client': lag(loops.beside, 'client') },
    pdfsPerSecond: uploads / (uploadingMs / 1_000),
  };
}

function lag(loops: readonly Loops[], of: keyof Loops): number {
  return median(loops.map((loop) => loop[of]));
}

/** Milliseconds. */
interface Lateness {
  p50: number;
  p95: number;
  p99: number;
}

/** How late the event loops are at p99, in milliseconds: of the server, and of the client that notes the times. */
interface Loops {
  server: number;
  client: number;
}

/** Has it noted under a name how late the deltas are that arrive meanwhile. */
async function watching(
  { client }: Bench,
  { probe }: Contender,
  name: string,
  meanwhile: () => Promise<unknown>,
): Promise<Loops> {
  await probe?.call('watchLoop');
  await client.call('watchPace', { name, intervalMs: paced.intervalMs } satisfies Watching);
  await meanwhile();
  return { client: await client.call('watchPace', null), server: await probe?.call('loopLag') };
}

async function uploadAll(target: Target, pdfs: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let bytes = pdfs[next]; bytes; bytes = pdfs[next]) await upload(target, bytes, next++);
    }),
  );
}

async function upload(target: Target, bytes: Uint8Array<ArrayBuffer>, index: number): Promise<void> {
  const form = new FormData();
  form.set('file', new Blob([bytes]), `report-${index}.pdf`);
  const response = await fetch(`${target.url}/files`, {
    method: 'POST',
    headers: { ...cookieOf(target.cookies, index), origin: target.url },
    body: form,
  });
  if (response.status !== 201) throw new Error(`The upload was refused: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

const PAGES = 20;

/** Twenty pages of prose, and a picture that no reader can make smaller; none is like another. */
function megabytePdf(index: number): Uint8Array<ArrayBuffer> {
  const kids = Array.from({ length: PAGES }, (_, page) => `${5 + page * 2} 0 R`).join(' ');
  const lines = Array.from(
    { length: 45 },
    (_, line) => `(Report ${index}, line ${line}: the quick brown fox jumps over it.) Tj T*`,
  );
  const given = pdf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${PAGES} /Kids [${kids}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    pdfStream(
      randomBytes(570 * 570 * 3),
      '/Type /XObject /Subtype /Image /Width 570 /Height 570 /BitsPerComponent 8 /ColorSpace /DeviceRGB ',
    ),
    ...Array.from({ length: PAGES }, (_, page) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> /XObject << /I1 4 0 R >> >> /Contents ${6 + page * 2} 0 R >>`,
      pdfStream(`q 200 0 0 200 72 20 cm /I1 Do Q BT /F1 12 Tf 14 TL 72 800 Td ${lines.join(' ')} ET`),
    ]).flat(),
  ]);
  return Uint8Array.from(given);
}
