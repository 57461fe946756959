import type { CodegenConfig } from '@graphql-codegen/cli';

/** The web's types and documents, from the committed schema and the .graphql files beside the components. */
const config: CodegenConfig = {
  schema: './schema.graphql',
  documents: 'web/app/**/*.graphql',
  ignoreNoDocuments: true,
  generates: {
    './web/app/graphql/generated/': {
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
