import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { PROVIDER_SEARCH } from '../../../src/ports/tool.ts';
import { builtInTools } from '../../../src/tools/built-in/built-in-tools.ts';

const nobody = () => Promise.reject(new Error('Nothing is reached here.'));
const reach = { findOwnTexts: nobody, reader: nobody, withPath: nobody };

it('The tools of this server have names of their own, schemas that hold, and words for members', () => {
  const search = { name: 'Brave Search', search: nobody };
  const tools = builtInTools(reach, { searchEngine: search });
  const names = tools.map(({ tool }) => tool.definition.name);
  expect(new Set(names).size).toBe(names.length);
  for (const { tool, name, description } of tools) {
    expect(tool.definition.name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect([name, description].every((text) => text.length > 5)).toBe(true);
    if (tool.definition.parameters) new Ajv({ strict: true }).compile(tool.definition.parameters);
  }
  expect(tools.filter(({ needsApproval }) => needsApproval).map(({ tool }) => tool.id)).toEqual(['read_page']);
  expect(builtInTools(reach).map(({ tool }) => tool.id)).toEqual(
    tools.map(({ tool }) => tool.id).filter((id) => id !== 'web_search'),
  );
});

it('The search of a model’s provider is nothing that could be called', async () => {
  const { tool } = builtInTools(reach).find((one) => one.tool.id === PROVIDER_SEARCH) ?? {};
  const request = {
    arguments: {},
    callId: '1',
    userId: 'ann',
    conversationId: null,
    signal: new AbortController().signal,
  };
  await expect(tool?.call(request)).rejects.toThrow('searches by itself');
});
