// Draws the sources that the page around it sends, in a document that may do nothing else: it is sandboxed, without an
// origin, a network or an address to go to (drawing-document.ts). No build step touches this file.
(() => {
  const mermaid = globalThis.mermaid;
  const place = document.getElementById('drawing');

  addEventListener('message', async ({ source: sender, data }) => {
    if (sender !== parent || typeof data?.source !== 'string') return;
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: 'strict',
      suppressErrorRendering: true,
      theme: data.isDark ? 'dark' : 'default',
      fontFamily: 'system-ui, sans-serif',
      maxTextSize: 20_000,
      maxEdges: 300,
    });
    try {
      const { svg } = await mermaid.render(`drawing-${data.number}`, data.source);
      parent.postMessage({ number: data.number, svg: asImage(svg) }, '*');
    } catch {
      parent.postMessage({ number: data.number, svg: null }, '*');
    }
  });

  /** Writes the drawing as XML, since a label may hold HTML that is not, and gives it a size of its own. */
  function asImage(markup) {
    place.innerHTML = markup;
    const svg = place.querySelector('svg');
    const { width, height } = svg.viewBox.baseVal;
    if (width > 0 && height > 0) {
      svg.setAttribute('width', String(Math.ceil(width)));
      svg.setAttribute('height', String(Math.ceil(height)));
    }
    const image = new XMLSerializer().serializeToString(svg);
    place.replaceChildren();
    return image;
  }

  parent.postMessage({ isReady: typeof mermaid === 'object' }, '*');
})();
