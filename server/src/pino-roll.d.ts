declare module 'pino-roll' {
  /** What the log uses of it; the package has no types of its own. */
  export default function roll(options: {
    file: string;
    extension: string;
    frequency: 'daily';
    dateFormat: string;
    limit: { count: number; removeOtherLogFiles: boolean };
    mkdir: boolean;
    sync: boolean;
  }): Promise<import('pino').DestinationStream>;
}
