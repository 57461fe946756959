// @ts-check
// This file is JavaScript, because a thread has no loader: tsx and vitest compile only what the main thread imports.
import { constants, cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';

/*
 * This thread runs the embedded database. It executes the batches that embedded-database.ts sends, one after the other,
 * and answers each of them. An uncaught error ends the thread and reaches embedded-database.ts as the worker's 'error'
 * event.
 */

/**
 * `folder` is made if it is missing; null: the database has no files. `snapshot` is where a database without files
 * begins (as `dumpDataDir` makes it); null: it begins empty. `module` is PGlite's WebAssembly, compiled by an earlier
 * thread and optimised by its work; null: there was no earlier thread.
 * @typedef {{ folder: string | null, snapshot: Uint8Array<SharedArrayBuffer> | null, module: WebAssembly.Module | null }} Opening
 */

/**
 * Whole messages of Postgres' protocol, from the client with that number; each client's number is one higher than the
 * one before. With `copyTo`: copy the database's files into that new folder. Null: close the database.
 * @typedef {{ client: number, bytes: Uint8Array<ArrayBuffer> } | { copyTo: string } | null} Batch
 */

/**
 * The first answer is `module`, once the database is open. Then comes an answer to each batch, and null once the
 * database is closed. `error` says why the files could not be copied; null: they were.
 * @typedef {{ module: WebAssembly.Module } | { client: number, bytes: Uint8Array<ArrayBuffer> }
 *   | { copiedTo: string, error: string | null } | null} Answer
 */

/** @type {Opening} */
const { folder, snapshot, module: earlier } = workerData;
const module = earlier ?? (await compile());
const options = {
  startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'],
  extensions: { btree_gin, pg_trgm, timers: { name: 'timers', setup: setUpTimers } },
  pgliteWasmModule: module,
};
if (folder !== null && !existsSync(folder)) await initialise(folder);
const pglite = await PGlite.create(
  folder === null
    ? { ...options, ...(snapshot && { loadDataDir: toBlob(snapshot) }) }
    : { ...options, dataDir: folder },
);
let current = 1;
parentPort?.on('message', (/** @type {Batch} */ batch) => {
  if (batch === null) void close();
  else if ('copyTo' in batch) copy(batch.copyTo);
  else carryOut(batch);
});
answer({ module });

/**
 * Makes a Blob that hands over its bytes at once and without copying. A Blob of Node's own hands them over in small
 * pieces, which takes longer than the rest of the opening.
 * @param {Uint8Array<SharedArrayBuffer>} bytes
 */
function toBlob(bytes) {
  return Object.assign(new Blob(), { arrayBuffer: async () => /** @type {any} */ (bytes.buffer) });
}

async function compile() {
  const bytes = await readFile(createRequire(import.meta.url).resolve('@electric-sql/pglite/pglite.wasm'));
  return WebAssembly.compile(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
}

/**
 * Makes `statement_timeout` end a statement. The timer that Postgres sets fires in the event loop, which waits for the
 * statement. So the deadline is also checked whenever the statement reads or writes a file. A statement that does
 * neither cannot be ended this way.
 *
 * @param {unknown} _pglite
 * @param {any} emscripten
 */
async function setUpTimers(_pglite, emscripten) {
  const ITIMER_REAL = 0;
  /** @type {any} */
  let postgres;
  let deadlineMs = Number.POSITIVE_INFINITY;
  const instantiateWasm = (/** @type {any} */ imports, /** @type {any} */ done) => {
    const { _setitimer_js: setTimer } = imports.env;
    const set = (/** @type {number} */ which, /** @type {number} */ ms) => {
      if (which === ITIMER_REAL) deadlineMs = ms > 0 ? performance.now() + ms : Number.POSITIVE_INFINITY;
      return setTimer(which, ms);
    };
    const looking =
      (/** @type {Function} */ call) =>
      (/** @type {unknown[]} */ ...parameters) => {
        if (performance.now() >= deadlineMs) {
          set(ITIMER_REAL, 0);
          // This call raises the timer's signal. Postgres takes note of it, and acts when that is safe.
          postgres._emscripten_timeout(ITIMER_REAL, performance.now());
        }
        return call(...parameters);
      };
    const wasi = { ...imports.wasi_snapshot_preview1 };
    for (const name of ['fd_read', 'fd_pread', 'fd_write', 'fd_pwrite']) wasi[name] = looking(wasi[name]);
    return emscripten.instantiateWasm(
      { ...imports, env: { ...imports.env, _setitimer_js: set }, wasi_snapshot_preview1: wasi },
      (/** @type {WebAssembly.Instance} */ instance, /** @type {WebAssembly.Module} */ compiled) => {
        postgres = instance.exports;
        done(instance, compiled);
      },
    );
  };
  return { emscriptenOpts: { ...emscripten, instantiateWasm } };
}

/**
 * Makes the folder whole or not at all, so that a first start that is killed leaves no folder that will not open.
 * @param {string} whole
 */
async function initialise(whole) {
  const unfinished = `${whole}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const made = await PGlite.create({ ...options, dataDir: unfinished });
  await made.close();
  renameSync(unfinished, whole);
}

/**
 * Copies the files between two batches. What the copy holds is what a killed process would leave at this moment: it opens
 * with all that was committed, and without the transaction that may be open.
 * @param {string} to
 */
function copy(to) {
  try {
    if (folder === null) throw new Error('The database has no files.');
    // Where the file system can, the copy shares the blocks of the original.
    cpSync(folder, to, { recursive: true, errorOnExist: true, force: false, mode: constants.COPYFILE_FICLONE });
    answer({ copiedTo: to, error: null });
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    answer({ copiedTo: to, error: String(error) });
  }
}

/** @param {{ client: number, bytes: Uint8Array<ArrayBuffer> }} batch */
function carryOut({ client, bytes }) {
  // Another client has taken the place of this one.
  if (client < current) return;
  if (client > current) execute(freshSession);
  current = client;
  const answered = execute(bytes);
  answer({ client, bytes: answered }, [answered.buffer]);
}

/**
 * Resets the session for a new client: Sync, then `rollback` and `discard all`. They are simple queries, because the
 * last client may have left the session in the middle of a transaction, or of a statement.
 */
const freshSession = Buffer.concat([Buffer.from('S\0\0\0\x04', 'latin1'), query('rollback'), query('discard all')]);

/** @param {string} text */
function query(text) {
  const message = Buffer.alloc(text.length + 6);
  message.write('Q');
  message.writeInt32BE(text.length + 5, 1);
  message.write(text, 5);
  return message;
}

/**
 * Executes the messages and returns their answers synchronously. PGlite's `query()` would make promises for five steps.
 * @param {Uint8Array} bytes
 */
function execute(bytes) {
  /** @type {Uint8Array[]} */
  const pieces = [];
  // A piece lies in the database's memory and is valid only during this call, so it is copied.
  const onRawData = (/** @type {Uint8Array} */ piece) => void pieces.push(piece.slice());
  pglite.execProtocolRawStream(bytes, { syncToFs: false, onRawData }).catch(fail);
  return joined(pieces);
}

/** @param {Uint8Array[]} pieces */
function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let length = 0;
  for (const piece of pieces) {
    whole.set(piece, length);
    length += piece.length;
  }
  return whole;
}

async function close() {
  await pglite.close();
  answer(null);
}

/**
 * @param {Answer} answered
 * @param {ArrayBuffer[]} [transferred]
 */
function answer(answered, transferred) {
  parentPort?.postMessage(answered, transferred);
}

/** @param {unknown} error */
function fail(error) {
  // An error that is thrown outside of every promise ends the thread.
  setImmediate(() => {
    throw error;
  });
}
