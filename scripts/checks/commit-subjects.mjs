import { spawnSync } from 'node:child_process';
import { root } from '../run.mjs';

// Most tools cut off a longer subject. A checkout without history has no subjects to check.
const LENGTH_MAX = 72;
/** Earlier subjects are not checked: changing them would change every commit since. */
const SINCE = '2026-11-28T20:00:00Z';
const { stdout } = spawnSync('git', ['log', '--format=%h %s', `--since=${SINCE}`], { cwd: root, encoding: 'utf8' });
const commits = (stdout ?? '').split('\n').filter(Boolean);
const problems = commits.flatMap((line) => {
  const [hash] = line.split(' ', 1);
  const subject = line.slice(hash.length + 1);
  const why = problemOf(subject);
  return why ? [`${hash} "${subject}": ${why}`] : [];
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function problemOf(subject) {
  if (subject.startsWith('Merge ')) return null;
  if (subject.length > LENGTH_MAX) return `${subject.length} characters; a subject has ${LENGTH_MAX} at most`;
  if (!/^[A-Z]/.test(subject)) return 'a subject begins with a capital letter';
  if (/[.;:,]$/.test(subject)) return 'a subject ends without punctuation';
  return null;
}
