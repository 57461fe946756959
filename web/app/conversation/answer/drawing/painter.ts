import { basePath } from '../../../ui/browser/base-path.ts';

/** How long Mermaid may take to load, in milliseconds. */
const loadingMs = 30_000;
/** How long one drawing may take before it is given up and its frame closed. */
const drawingMs = 10_000;
/** How long an idle frame stays open: it takes some 60 MB. */
const idleMs = 30_000;
/** The longest drawing that is shown, in characters. */
const svgMax = 2_000_000;

interface Order {
  source: string;
  isDark: boolean;
  isWanted: boolean;
  resolve(svg: string | null): void;
}

/**
 * Makes drawings in a sandboxed frame, one after the other: a model's text is laid out where it can reach nothing, and in
 * a process of its own if the browser has one for such frames. The frame exists only while there is work, and `idleMs` more.
 */
export class Painter {
  private orders: Order[] = [];
  private frame: HTMLIFrameElement | null = null;
  private isReady = false;
  private current: Order | null = null;
  private drawn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param onDrawn gets the SVG, or null if the source cannot be drawn
   * @returns a function that takes the order back
   */
  order(source: string, isDark: boolean, onDrawn: (svg: string | null) => void): () => void {
    const order: Order = { source, isDark, isWanted: true, resolve: onDrawn };
    this.orders.push(order);
    this.next();
    return () => {
      order.isWanted = false;
    };
  }

  private next(): void {
    if (this.current) return;
    this.orders = this.orders.filter(({ isWanted }) => isWanted);
    if (!this.frame) {
      if (this.orders.length > 0) this.open();
      return;
    }
    if (!this.isReady) return;
    this.current = this.orders.shift() ?? null;
    if (!this.current) {
      this.wait(idleMs, () => this.close());
      return;
    }
    const { source, isDark } = this.current;
    this.drawn += 1;
    this.frame.contentWindow?.postMessage({ number: this.drawn, source, isDark }, '*');
    this.wait(drawingMs, () => this.giveUp());
  }

  private open(): void {
    this.frame = document.createElement('iframe');
    this.frame.setAttribute('sandbox', 'allow-scripts');
    this.frame.src = `${basePath()}/drawing`;
    this.frame.title = 'Drawing';
    this.frame.tabIndex = -1;
    this.frame.setAttribute('aria-hidden', 'true');
    // The frame has to be laid out, or nothing in it has a size.
    this.frame.className = 'pointer-events-none fixed top-0 left-0 -z-10 h-px w-200 opacity-0';
    addEventListener('message', this.listen);
    document.body.append(this.frame);
    this.wait(loadingMs, () => this.giveUp());
  }

  private close(): void {
    clearTimeout(this.timer);
    removeEventListener('message', this.listen);
    this.frame?.remove();
    this.frame = null;
    this.isReady = false;
  }

  private readonly listen = ({ source: sender, data }: MessageEvent): void => {
    if (!sender || sender !== this.frame?.contentWindow) return;
    if (data?.isReady === true) {
      this.isReady = true;
      this.next();
    } else if (data?.isReady === false) this.giveUp();
    else if (this.current && data?.number === this.drawn) {
      const isSvg = typeof data.svg === 'string' && data.svg.length <= svgMax;
      this.finish(isSvg ? data.svg : null);
      this.next();
    }
  };

  /** Gives up the drawing that takes too long; all that wait, if Mermaid does not load. */
  private giveUp(): void {
    const isLost = !this.isReady;
    this.close();
    this.finish(null);
    if (isLost) for (const order of this.orders.splice(0)) order.resolve(null);
    this.next();
  }

  private finish(svg: string | null): void {
    const order = this.current;
    this.current = null;
    if (order?.isWanted) order.resolve(svg);
  }

  private wait(ms: number, then: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(then, ms);
  }
}

export const painter = new Painter();
