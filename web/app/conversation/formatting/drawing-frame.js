// Draws what the page around it sends, in a document that may do nothing else: sandboxed, without an origin, a network or
// an address to go to (routes/drawing.ts). It is loaded as it stands here.
(() => {
  const mermaid = globalThis.mermaid;
  const say = (message) => parent.postMessage(message, '*');
  const place = document.getElementById('drawing');
  let drawings = 0;

  addEventListener('message', async ({ source: sender, data }) => {
    if (sender !== parent || typeof data?.source !== 'string') return;
    document.documentElement.style.colorScheme = data.isDark ? 'dark' : 'light';
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: 'strict',
      suppressErrorRendering: true,
      theme: data.isDark ? 'dark' : 'default',
      fontFamily: 'system-ui, sans-serif',
      maxTextSize: 20_000,
      maxEdges: 300,
    });
    drawings += 1;
    try {
      const { svg } = await mermaid.render(`drawing-${drawings}`, data.source);
      place.innerHTML = svg;
      tellHeight();
    } catch (error) {
      say({ broken: String(error?.message ?? error) });
    }
  });

  function tellHeight() {
    const height = Math.ceil(place.firstElementChild?.getBoundingClientRect().height ?? 0);
    if (height > 0) say({ height });
  }

  new ResizeObserver(tellHeight).observe(place);
  say({ isReady: typeof mermaid === 'object' });
})();
