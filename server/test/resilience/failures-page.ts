import { type AdapterName, type Expected, type Fault, faults } from './faults.ts';

const begin = '<!-- The table is written by server/test/resilience/failure-matrix.test.ts -->';
const end = '<!-- until here -->';

/** Returns docs/failures.md with the table that the faults give. */
export function withTable(page: string): string {
  const from = page.indexOf(begin) + begin.length;
  const to = page.indexOf(end);
  if (from < begin.length || to < from) throw new Error('docs/failures.md has lost the marks around its table.');
  return `${page.slice(0, from)}\n\n${table()}\n${page.slice(to)}`;
}

function table(): string {
  const header = ['A provider that …', 'Failure', 'Asked', 'Fallback', 'Kept', 'Credits'];
  const rows = faults.flatMap((fault) => [
    row(`… ${fault.name}`, fault.expected, others(fault, 'charged')),
    ...Object.entries(fault.differing ?? {})
      .filter(([, differing]) => differing.failure !== undefined)
      .map(([adapter, differing]) =>
        row(`— with ${adapterNames[adapter as AdapterName]}`, { ...fault.expected, ...differing }, ''),
      ),
  ]);
  const lines = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  return lines.join('');
}

const adapterNames: Record<AdapterName, string> = {
  openai: 'OpenAI',
  'openai-compatible': 'a compatible endpoint',
  anthropic: 'Anthropic',
  google: 'Gemini',
};

function row(name: string, expected: Expected, otherCharges: string): string[] {
  const { failure, asked, fallback, charged } = expected;
  return [
    name,
    failure ?? 'none',
    asked === 1 ? 'once' : `${asked} times`,
    fallback ? 'at once' : 'no',
    kept(expected),
    charged.toLocaleString('en') + otherCharges,
  ];
}

function kept({ failure, text, reasoning }: Expected): string {
  if (failure === null) return 'the whole answer';
  if (text.length > 1000) return 'all that came';
  if (text !== '') return 'the text so far';
  return reasoning ? 'the reasoning so far' : 'nothing came';
}

function others({ differing = {} }: Fault, field: 'charged'): string {
  return Object.entries(differing)
    .filter(([, expected]) => expected.failure === undefined && expected[field] !== undefined)
    .map(
      ([adapter, expected]) => ` (${adapterNames[adapter as AdapterName]}: ${expected[field]?.toLocaleString('en')})`,
    )
    .join('');
}
