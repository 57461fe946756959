/** One of the page's two addresses; what is there, the route above shows (vite.config.ts). */
export default function Address() {
  return null;
}
