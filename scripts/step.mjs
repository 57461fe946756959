import { run } from './run.mjs';

// The exit codes of SIGHUP, SIGINT and SIGTERM, which need no explanation.
const interrupted = new Set([129, 130, 143]);

/**
 * Runs a command behind one calm line, `Building the server … 2.1 s`; what it prints is shown only when it fails.
 * A failure ends this process, with `hint` as the last line.
 */
export async function step(label, command, { hint, ...options } = {}) {
  const finishLine = beginLine(label);
  const result = await run(command, options);
  const stopped = interrupted.has(result.code);
  finishLine(result.code === 0 ? seconds(result.seconds) : stopped ? 'stopped' : 'failed');
  if (result.code === 0) return;
  if (stopped) process.exit(result.code);

  console.error(`\n${result.output.trimEnd()}\n\n${label} failed: ${command}`);
  if (hint) console.error(hint);
  process.exit(result.code);
}

export function seconds(value) {
  return `${value.toFixed(1)} s`;
}

/** On a terminal the seconds count up; elsewhere the line is written once and ended once. */
function beginLine(label) {
  const started = performance.now();
  process.stdout.write(`  ${label} … `);
  if (!process.stdout.isTTY) return (end) => process.stdout.write(`${end}\n`);

  const timer = setInterval(() => {
    const elapsed = Math.round((performance.now() - started) / 1000);
    process.stdout.write(`\r  ${label} … ${elapsed} s`);
  }, 1000);
  return (end) => {
    clearInterval(timer);
    process.stdout.write(`\r\u001b[K  ${label} … ${end}\n`);
  };
}
