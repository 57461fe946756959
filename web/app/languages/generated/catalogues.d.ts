// Written by `npm run generate` from the English catalogue.

declare module 'texts:account' {
  export const appearance: {
    readonly theme: string;
    readonly system: string;
    readonly light: string;
    readonly dark: string;
    readonly language: string;
  };
}
