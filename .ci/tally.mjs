// Prints the closing line of .ci/run, `N passed, N failed`, from the reports that the runners wrote, and exits with 1
// unless all passed. Arguments: `<runner>=<exit code>` each; the report is `<runner>.json` in REPORT_DIR.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

let passed = 0;
let failed = 0;
for (const [runner, exitCode] of process.argv.slice(2).map((argument) => argument.split('='))) {
  const figures = figuresOf(runner);
  passed += figures.passed;
  // A runner that failed without a failed test (it crashed, or ran out of time) is a failure by itself.
  failed += figures.failed === 0 && exitCode !== '0' ? 1 : figures.failed;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function figuresOf(runner) {
  const file = path.join(process.env.REPORT_DIR, `${runner}.json`);
  if (!existsSync(file)) return { passed: 0, failed: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  // A test file that could not even be loaded counts as one failure.
  const unloaded = (report.testResults ?? []).filter(
    (result) => result.status === 'failed' && result.assertionResults.every(({ status }) => status !== 'failed'),
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length };
}
