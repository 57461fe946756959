declare module 'texts-assets' {
  const assets: {
    files: Readonly<Record<string, Readonly<Record<string, string>>>>;
    ofRoutes: Readonly<Record<string, readonly string[]>>;
  };
  export default assets;
}
