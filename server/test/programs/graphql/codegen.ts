import type { CodegenConfig } from '@graphql-codegen/cli';

/** The typed documents of the tests, as a program makes them from the committed schema. */
const config: CodegenConfig = {
  schema: '../../../../schema.graphql',
  documents: '*.graphql',
  generates: {
    './generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { ID: 'string', DateTime: 'string', Credits: 'number' },
      },
    },
  },
};

export default config;
