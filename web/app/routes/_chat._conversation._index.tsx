/** One of the page's two addresses (vite.config.ts). The route above shows the page. */
export default function Address() {
  return null;
}
